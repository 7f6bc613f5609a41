import { computed } from 'vue';
import { useCommands, type Command } from '#renderer/commands/registry.ts';
import type { Viewport } from '#renderer/canvas/view/viewport.ts';
import { COMPARE_MODES } from '#renderer/stores/look-view.ts';
import { strings } from '#renderer/strings/index.ts';
import type { Look } from './use-look.ts';

interface LookActions {
  readonly previous: () => unknown;
  readonly next: () => unknown;
  readonly fix: () => unknown;
  readonly viewport: () => Viewport | null;
}

const ZOOM_STEP = 1.25;
const THRESHOLD_STEP = 0.01;
/** Classes of an image that have a digit of their own. */
const DIGITS = 9;

/** What can be done in Look, by keys and from the palette. */
export function useLookCommands(look: Look, { previous, next, fix, viewport }: LookActions): void {
  const text = strings.look;
  const cams = computed(() => look.stack.value.filter(({ kind }) => kind === 'cam'));
  const flip = (key: string, shown: boolean): void => look.view.set(key, { inA: !shown });

  function photoAlone(): void {
    const overlays = look.stack.value.filter(({ kind }) => kind !== 'photo');
    for (const { look: key } of overlays) look.view.set(key, { inA: false });
  }

  useCommands(
    computed<Command[]>(() => {
      const own = (command: Omit<Command, 'group'>): Command => ({ group: text.title, ...command });
      return [
        own({ id: 'look.next', title: text.next, keys: ['.', 'PageDown'], repeats: true, run: next }),
        own({ id: 'look.previous', title: text.previous, keys: [',', 'PageUp'], repeats: true, run: previous }),
        own({ id: 'look.fix', title: text.fix, keys: ['F'], run: fix }),
        own({ id: 'look.fit', title: text.fit, keys: ['0'], run: () => viewport()?.fit() }),
        own({ id: 'look.actual', title: text.actual, keys: ['Shift+0'], run: () => viewport()?.actualSize() }),
        own({ id: 'look.zoomIn', title: text.zoomIn, keys: ['+', '='], repeats: true, run: () => viewport()?.zoomAtCentre(ZOOM_STEP) }),
        own({ id: 'look.zoomOut', title: text.zoomOut, keys: ['-'], repeats: true, run: () => viewport()?.zoomAtCentre(1 / ZOOM_STEP) }),
        own({ id: 'look.lower', title: text.lower, keys: ['['], repeats: true, run: () => (look.threshold.value -= THRESHOLD_STEP) }),
        own({ id: 'look.higher', title: text.higher, keys: [']'], repeats: true, run: () => (look.threshold.value += THRESHOLD_STEP) }),
        own({
          id: 'look.preview',
          title: text.showPreview,
          keys: ['P'],
          isEnabled: () => look.cams.value !== null,
          run: () => flip('preview', look.stack.value.some((layer) => layer.kind === 'preview' && look.lookOf(layer).inA)),
        }),
        own({ id: 'look.photoAlone', title: text.hideAll, keys: ['H'], run: photoAlone }),
        own({ id: 'look.compare', title: text.cycleCompare, keys: ['C'], run: () => (look.view.mode = COMPARE_MODES[(COMPARE_MODES.indexOf(look.view.mode) + 1) % COMPARE_MODES.length] ?? 'single') }),
        ...Array.from({ length: DIGITS }, (_, at) =>
          own({
            id: `look.class${at + 1}`,
            title: text.toggleClass(at + 1),
            keys: [String(at + 1)],
            isKeyOnly: true,
            isEnabled: () => cams.value[at] !== undefined,
            run: () => {
              const layer = cams.value[at];
              if (layer !== undefined) flip(layer.look, look.lookOf(layer).inA);
            },
          }),
        ),
      ];
    }),
  );
}
