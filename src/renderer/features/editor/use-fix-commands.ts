import { computed } from 'vue';
import { BACKGROUND, IGNORE } from '#shared/domain/classes.ts';
import { TOOL_IDS } from '#renderer/canvas/tools/index.ts';
import { useCommands, type Command } from '#renderer/commands/registry.ts';
import { MASK_STYLES, PAINT_MODES, usePaintOptions } from '#renderer/stores/paint-options.ts';
import { useProject } from '#renderer/stores/project.ts';
import { strings } from '#renderer/strings/index.ts';
import { classKey, KEYS, TOOL_KEYS } from './keys.ts';
import type { Editor } from './use-editor.ts';

interface ReviewActions {
  readonly accept: () => unknown;
  readonly flag: () => unknown;
  readonly skip: () => unknown;
  readonly next: () => unknown;
  readonly previous: () => unknown;
}

/** All that Fix can be told, for the palette, the shortcut sheet and the keys. */
export function useFixCommands(editor: Editor, review: ReviewActions): void {
  const paint = usePaintOptions();
  const project = useProject();
  const text = strings.fix;
  const { group } = text;
  // Where a mask is shown, a decision that cannot be made is said, not swallowed.
  const isEnabled = (): boolean => editor.hasMask.value;
  const one = (id: string, title: string, keys: string | readonly string[], run: () => unknown, more: Partial<Command> = {}): Command => ({
    id: `fix.${id}`,
    title,
    group,
    keys: typeof keys === 'string' ? [keys] : keys,
    run,
    ...more,
  });

  const labels = computed<Command[]>(() => [
    one('label.0', text.takeLabel(text.background), KEYS.background, () => paint.take(BACKGROUND)),
    one('label.255', text.takeLabel(text.undecided), KEYS.undecided, () => paint.take(IGNORE)),
    ...project.classes.map(({ index, name }) => {
      const key = classKey(index);
      return one(`label.${index}`, text.takeLabel(name), key === null ? [] : key, () => paint.take(index));
    }),
  ]);

  useCommands(
    computed<Command[]>(() => [
      // An outline under way is what Enter, Backspace and Escape mean first.
      one('accept', text.accept, KEYS.accept, () => editor.pressKey('enter') || review.accept(), { isEnabled }),
      one('flag', text.flag, KEYS.flag, review.flag, { isEnabled }),
      one('skip', text.skip, KEYS.skip, review.skip, { isEnabled }),
      one('next', text.next, KEYS.next, review.next),
      one('previous', text.previous, KEYS.previous, review.previous),
      ...TOOL_IDS.map((id) => one(`tool.${id}`, text.tools[id], TOOL_KEYS[id], () => (paint.tool = id))),
      one('undo', text.undo, KEYS.undo, editor.undo, { repeats: true, isEnabled: () => !editor.isClosed.value && editor.undoable.value > 0 }),
      one('redo', text.redo, [KEYS.redo, 'Mod+Y'], editor.redo, { repeats: true, isEnabled: () => !editor.isClosed.value && editor.redoable.value > 0 }),
      one('smaller', text.smaller, KEYS.smaller, () => editor.resizeBrush(-1), { repeats: true }),
      one('larger', text.larger, KEYS.larger, () => editor.resizeBrush(1), { repeats: true }),
      one('zoomIn', text.zoomIn, [KEYS.zoomIn, '='], () => editor.zoom(1.5), { repeats: true }),
      one('zoomOut', text.zoomOut, KEYS.zoomOut, () => editor.zoom(1 / 1.5), { repeats: true }),
      one('fit', text.fit, KEYS.fit, editor.fit),
      one('actualSize', text.actualSize, KEYS.actualSize, editor.actualSize),
      one('toggleMask', text.toggleMask, KEYS.toggleMask, () => (paint.isMaskHidden = !paint.isMaskHidden)),
      one('style', text.nextStyle, KEYS.style, () => (paint.style = following(MASK_STYLES, paint.style))),
      one('mode', text.nextMode, KEYS.mode, () => (paint.modeKind = following(PAINT_MODES, paint.modeKind))),
      one('lock', text.lockCurrent, KEYS.lock, () => paint.toggleLock(paint.label)),
      one('keyboardPointer', text.keyboardPointer, KEYS.keyboardPointer, editor.toggleKeyboardPointer),
      one('conflict', text.goToConflict, KEYS.conflict, editor.goToConflict, { isEnabled: () => editor.conflictPlaces.value.length > 0 }),
      one('backspace', text.tools.polygon, 'Backspace', () => editor.pressKey('backspace'), { isKeyOnly: true }),
      one('escape', text.tools.polygon, 'Escape', () => editor.pressKey('escape'), { isKeyOnly: true }),
      ...labels.value,
    ]),
  );
}

function following<T>(all: readonly T[], now: T): T {
  return all[(all.indexOf(now) + 1) % all.length] ?? now;
}
