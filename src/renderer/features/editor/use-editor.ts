import { useThrottleFn } from '@vueuse/core';
import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref } from 'vue';
import { edits } from '#shared/contract/index.ts';
import type { EditState, ReviewState } from '#shared/contract/edits.ts';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';
import type { TileDiff } from '#shared/mask/tile-diff.ts';
import { call } from '#renderer/api/client.ts';
import { loadLabelMap } from '#renderer/api/photos.ts';
import type { CountedMap } from '#renderer/canvas/mask/counted-map.ts';
import { MaskEditor, type MaskEditorEvents } from '#renderer/canvas/mask-editor.ts';
import { replayGesture } from '#renderer/canvas/mask/replay-gesture.ts';
import type { Refusal } from '#renderer/canvas/tools/painter.ts';
import { closePhoto } from '#renderer/canvas/view/photo-source.ts';
import { useCoreEvent, useResync } from '#renderer/composables/use-core-events.ts';
import { useConnection } from '#renderer/stores/connection.ts';
import { netGestures, type EditOperation } from '#renderer/stores/edit-queue/operation.ts';
import { useEditQueue } from '#renderer/stores/edit-queue.ts';
import { usePaintOptions } from '#renderer/stores/paint-options.ts';
import { useHost } from '#renderer/stores/host.ts';
import { useProject } from '#renderer/stores/project.ts';
import { useSaving } from '#renderer/stores/saving.ts';
import { GestureHistory } from './history.ts';
import { loadImageContent, Prefetch, type ImageContent } from './image-content.ts';
import { useConflicts } from './use-conflicts.ts';
import { useHold } from './use-hold.ts';

const CATCH_UP_RETRY_MS = 500;
const CLOSE_AFTER_MS = 200;
/** Nobody reads a position faster, and each one shown lays out and paints the bar below. */
const POINTED_EVERY_MS = 100;

type Unstamped = EditOperation extends infer O ? (O extends EditOperation ? Omit<O, 'projectId' | 'imageId'> : never) : never;

/**
 * One image in the mask editor: loading it, painting on it, saving every gesture, undo and redo. The pixels are the editor's; here is
 * only what the page shows about them.
 */
export function useEditor(element: Ref<HTMLElement | null>, imageId: Ref<string | undefined>) {
  const connection = useConnection();
  const project = useProject();
  const host = useHost();
  const paint = usePaintOptions();
  const saves = useEditQueue();
  const prefetch = new Prefetch();
  const { isHeldElsewhere } = useHold(imageId);

  const content = shallowRef<ImageContent | null>(null);
  const state = shallowRef<EditState | null>(null);
  const error = ref<ErrorValue | null>(null);
  const isLoading = ref(false);
  const isBuildingTiles = ref(false);
  /** Waiting for the core to say how the mask looks now. */
  const isCatchingUp = ref(false);
  const counts = shallowRef<Uint32Array>(new Uint32Array(256));
  const undoable = ref(0);
  const redoable = ref(0);
  const pointed = shallowRef<{ x: number; y: number; label: number } | null>(null);
  const scale = ref(1);
  const refusal = ref<Refusal | 'not-loaded' | 'decide-again' | 'open-outline' | null>(null);
  const hasKeyboardPointer = ref(false);
  /** Stage whose label maps the user chose last. */
  const preferredStage = ref<string | null>(null);
  let editor: MaskEditor | null = null;
  let history = new GestureHistory({ undoable: 0, redoable: 0 });
  let loading: AbortController | null = null;
  /** The project that the image shown is of: while the host opens another one, the last stroke still belongs here. */
  let shownProjectId: string | null = null;
  /** Grows whenever the mask is loaded or brought up to date: only what began last may end by showing a mask. */
  let round = 0;
  /** What was said of the image on its way here, since its loading began. */
  let saidMeanwhile: EditState | null = null;

  const stuck = computed(() => (saves.version >= 0 && imageId.value !== undefined ? saves.queue.stuck(imageId.value) : null));
  const waiting = computed(() => (saves.version >= 0 && imageId.value !== undefined ? saves.queue.waiting(imageId.value) : 0));
  const isClosed = computed(() => connection.projectId === null || project.info?.readOnly === true || isHeldElsewhere.value || isLoading.value || stuck.value !== null);
  const isReadOnly = computed(() => isClosed.value || isCatchingUp.value);
  const hasMask = computed(() => (content.value?.corrected ?? null) !== null);

  const conflicts = useConflicts(() => editor, content, state);

  const showPointed = useThrottleFn<MaskEditorEvents['pointed']>(
    (at) => (pointed.value = at === null ? null : { x: Math.floor(at.point.x), y: Math.floor(at.point.y), label: at.label }),
    POINTED_EVERY_MS,
    true,
  );

  onMounted(() => {
    if (element.value === null) return;
    editor = new MaskEditor(element.value, paint.options, paint.look, {
      gesture: ({ tool, diffs }) => painted(tool, diffs),
      picked: (label) => paint.take(label),
      refused: (why) => (refusal.value = why),
      outlineOpen: (tool) => {
        paint.tool = tool;
        refusal.value = 'open-outline';
      },
      brushResized: (diameterPx) => (paint.brushDiameterPx = diameterPx),
      pointed: (at) => void showPointed(at),
      keyboardPointer: (isOut) => (hasKeyboardPointer.value = isOut),
    });
    editor.viewport.onChange((view) => (scale.value = view.scale));
    editor.setTool(paint.tool);
    editor.setReadOnly(isReadOnly.value);
    void open(imageId.value);
  });
  const endFinishing = useSaving().onLeaving(() => editor?.finishStroke());
  onBeforeUnmount(() => {
    endFinishing();
    editor?.finishStroke();
    loading?.abort();
    prefetch.drop();
    editor?.destroy();
    editor = null;
    if (content.value !== null) closePhoto(content.value.photo);
  });

  watch(() => paint.options, (options) => editor?.setOptions(options));
  watch(() => paint.look, (look) => editor?.setLook(look));
  watch(
    () => paint.tool,
    (tool, before) => {
      if (editor?.setTool(tool) === false) paint.tool = before;
    },
  );
  watch(isReadOnly, (readOnly) => editor?.setReadOnly(readOnly));
  watch(imageId, (id) => void open(id));

  async function open(id: string | undefined): Promise<void> {
    editor?.finishStroke();
    loading?.abort();
    const own = new AbortController();
    loading = own;
    round += 1;
    saidMeanwhile = null;
    error.value = null;
    refusal.value = null;
    isBuildingTiles.value = false;
    isCatchingUp.value = false;
    isLoading.value = id !== undefined && editor !== null;
    // No address, no image: keys must not change one that nobody sees.
    if (id === undefined) close();
    if (id === undefined || editor === null) return;
    const { projectId } = connection;
    try {
      await saves.queue.settled(id);
      const loaded = await (prefetch.take(id, preferredStage.value) ?? loadImageContent(id, { stage: preferredStage.value, signal: own.signal, isBuildingTiles: () => (isBuildingTiles.value = true) }));
      if (own.signal.aborted) {
        closePhoto(loaded.photo);
        return;
      }
      shownProjectId = projectId;
      show(loaded);
    } catch (thrown) {
      if (own.signal.aborted) return;
      error.value = toErrorValue(thrown);
      close();
    }
    isLoading.value = false;
  }

  function close(): void {
    const before = content.value;
    content.value = null;
    editor?.close();
    if (before !== null) closePhoto(before.photo);
  }

  function show(loaded: ImageContent): void {
    const before = content.value;
    const isSamePhoto = content.value?.image.id === loaded.image.id && content.value.corrected !== null;
    content.value = loaded;
    if (loaded.corrected === null) editor?.close();
    else editor?.open(loaded.photo, loaded.corrected.map, { isSamePhoto });
    // Giving back 64 MB takes a while as well; the new image is to stand there first.
    if (before !== null) setTimeout(() => closePhoto(before.photo), CLOSE_AFTER_MS);
    paint.suggest(loaded.image.tags);
    learn(loaded.state);
    void conflicts.show();
    if ((saidMeanwhile?.revision ?? 0) > loaded.state.revision) void catchUp();
    if (document.activeElement?.contains(element.value) === true) editor?.focus();
  }

  function learn(now: EditState): void {
    saves.queue.learn(now);
    state.value = now;
    history = new GestureHistory(now);
    countAgain();
  }

  function countAgain(): void {
    undoable.value = history.undoable;
    redoable.value = history.redoable;
    counts.value = editor?.counts ?? new Uint32Array(256);
  }

  /** The mask as the core has it, once nothing of ours is on its way. Painting waits meanwhile. */
  async function catchUp(): Promise<void> {
    const id = imageId.value;
    const shown = content.value;
    const base = shown?.corrected?.base;
    if (id === undefined || base === undefined || shown?.image.id !== id) return;
    round += 1;
    const own = round;
    const isOver = (): boolean => own !== round || editor === null;
    isCatchingUp.value = true;
    try {
      let now: EditState;
      let map: CountedMap;
      // Undoing goes on meanwhile: what was loaded before the last step landed is old.
      do {
        await saves.queue.settled(id);
        now = await call(edits.getEditState, { imageId: id });
        if (isOver()) return;
        if (now.base !== null && now.base !== base && now.gestures > 0) {
          void open(id);
          return;
        }
        map = await loadLabelMap('corrected', `${id}.${base}`);
        if (isOver()) return;
      } while (saves.queue.waiting(id) > 0 || (saves.queue.knownState(id)?.revision ?? 0) > now.revision);
      editor?.replaceMap(map);
      learn(now);
      // Not waited for: a step taken back from here on finds a mask to be played on, or has it brought up to date again.
      void conflicts.show();
    } catch (thrown) {
      if (isOver()) return;
      const value = toErrorValue(thrown);
      if (value.code === 'SHUTTING_DOWN') {
        // Until then nothing may be painted on the old mask.
        setTimeout(() => (isOver() ? undefined : void catchUp()), CATCH_UP_RETRY_MS);
        return;
      }
      error.value = value;
      close();
    }
    isCatchingUp.value = false;
  }

  /** A window that was just loaded shows an image before the core has said which project this is; it is read-only until then. */
  function projectShown(): string | null {
    return shownProjectId ?? connection.projectId;
  }

  function send(operation: Unstamped): void {
    // The image that is shown, which lags behind the address while the next one loads.
    const shown = content.value?.image.id;
    if (shown !== undefined) saves.add({ ...operation, projectId: projectShown(), imageId: shown });
  }

  function painted(tool: string, diffs: readonly TileDiff[]): void {
    const corrected = content.value?.corrected ?? null;
    if (corrected === null) return;
    const { width, height } = corrected.map;
    send({ kind: 'commit', base: corrected.base, tool, diffs, size: { width, height }, clientGestureId: crypto.randomUUID() });
    history.painted(diffs);
    refusal.value = null;
    countAgain();
  }

  function undo(): void {
    step('undo');
  }

  function redo(): void {
    step('redo');
  }

  function step(kind: 'undo' | 'redo'): void {
    if (editor === null || editor.isPainting || isClosed.value || content.value === null) return;
    if ((kind === 'undo' ? history.undoable : history.redoable) === 0) return;
    const diffs = kind === 'undo' ? history.undo() : history.redo();
    send({ kind });
    // While the mask shown is old, nothing can be played on it; catching up brings this step along.
    if (diffs === null && !isCatchingUp.value) void catchUp();
    else if (diffs !== null && !isCatchingUp.value) editor.apply(diffs, kind === 'undo' ? 'backward' : 'forward');
    countAgain();
  }

  /** Whether another image, or another place, may be shown; false, said as a refusal, while an outline is open on this one. */
  function mayLeave(): boolean {
    // Where the project itself is gone from the window, nothing can be kept.
    return connection.projectId !== projectShown() || host.state?.core === 'none' || host.state?.core === 'failed' || editor?.holdsOutline() !== true;
  }

  /** Decides on the image shown; false, said as a refusal, where nothing may be changed. */
  function review(to: ReviewState): boolean {
    if (state.value === null || !hasMask.value || isReadOnly.value) {
      refusal.value = 'read-only';
      return false;
    }
    if (editor?.holdsOutline() === true) return false;
    editor?.finishStroke();
    send({ kind: 'review', review: to });
    state.value = { ...state.value, review: to };
    return true;
  }

  /** Paints the strokes that the core refused onto the mask as it is now. Nothing is taken from the queue before that mask is here. */
  async function replayStuck(): Promise<void> {
    const id = imageId.value;
    if (id === undefined) return;
    prefetch.drop();
    await open(id);
    const corrected = content.value?.corrected ?? null;
    const map = editor?.copyMap() ?? null;
    if (error.value !== null || corrected === null || map === null || imageId.value !== id) return;
    const operations = saves.takeStuck(id);
    for (const { tool, diffs } of netGestures(operations)) {
      const replayed = replayGesture(editor?.copyMap() ?? map, diffs);
      if (replayed.length === 0) continue;
      editor?.apply(replayed, 'forward');
      painted(tool, replayed);
    }
    askAgain(operations);
  }

  async function discardStuck(): Promise<void> {
    if (imageId.value === undefined) return;
    const operations = saves.takeStuck(imageId.value);
    await open(imageId.value);
    askAgain(operations);
  }

  /** A decision that stuck was on a mask that is no more: it is not made on another one unseen, and its loss is said. */
  function askAgain(operations: readonly EditOperation[]): void {
    if (operations.some(({ kind }) => kind === 'review')) refusal.value = 'decide-again';
  }

  /** Corrects other label maps. Corrections made so far are brought along; the core says where they disagree. */
  async function chooseBase(artifact: string): Promise<void> {
    const id = imageId.value;
    const layer = content.value?.bases.find((item) => item.artifact === artifact);
    if (id === undefined || layer === undefined) return;
    preferredStage.value = layer.stage;
    await saves.queue.settled(id);
    try {
      if (history.undoable > 0) await call(edits.rebaseEdits, { imageIds: [id], base: artifact });
    } catch (thrown) {
      error.value = toErrorValue(thrown);
      return;
    }
    await open(id);
  }

  useCoreEvent('edits.changed', (now) => {
    prefetch.renew(now.imageId);
    if (now.imageId !== imageId.value) return;
    if (isLoading.value) saidMeanwhile = now;
    if (isLoading.value || state.value === null || waiting.value > 0 || stuck.value !== null) return;
    const known = saves.queue.knownState(now.imageId);
    if (known !== null && now.revision > known.revision) void catchUp();
    else state.value = { ...state.value, review: now.review };
  });
  useResync(() => {
    // Nobody said what became of it meanwhile.
    prefetch.renew();
    // What failed while the core was away is tried again now that it is back.
    if (error.value !== null && content.value === null) void open(imageId.value);
    const known = imageId.value === undefined ? null : saves.queue.knownState(imageId.value);
    if (known === null || waiting.value > 0 || stuck.value !== null || isLoading.value || isCatchingUp.value) return;
    void call(edits.getEditState, { imageId: known.imageId })
      .then((now) => (now.revision > (saves.queue.knownState(now.imageId)?.revision ?? now.revision) && waiting.value === 0 ? catchUp() : undefined))
      .catch(() => undefined);
  });
  const endLandings = saves.onLanded((operation, now) => {
    prefetch.renew(now.imageId);
    if (now.imageId !== imageId.value || saves.queue.waiting(now.imageId) > 0) return;
    const hadConflicts = state.value?.conflictPixels ?? 0;
    state.value = now;
    if (operation.kind !== 'review' && hadConflicts !== now.conflictPixels) void conflicts.show();
  });
  onBeforeUnmount(endLandings);

  return {
    content, state, error, isLoading, isBuildingTiles, isCatchingUp, isClosed, isReadOnly, isHeldElsewhere, hasMask, counts, undoable, redoable, pointed, scale,
    refusal, hasKeyboardPointer, stuck, waiting, conflictPlaces: conflicts.places,
    refuse: (why: Refusal | 'not-loaded') => (refusal.value = why),
    undo, redo, mayLeave, review, replayStuck, discardStuck, chooseBase, goToConflict: conflicts.goToNext,
    reload: () => open(imageId.value),
    prefetchNext: (id: string) => prefetch.want(id, preferredStage.value),
    pressKey: (key: 'enter' | 'backspace' | 'escape') => editor?.pressKey(key) ?? false,
    resizeBrush: (direction: 1 | -1) => editor?.resizeBrush(direction),
    toggleKeyboardPointer: () => {
      editor?.focus();
      editor?.toggleKeyboardPointer();
    },
    focus: () => editor?.focus(),
    zoom: (factor: number) => editor?.viewport.zoomAtCentre(factor),
    fit: () => editor?.viewport.fit(),
    actualSize: () => editor?.viewport.actualSize(),
  };
}

export type Editor = ReturnType<typeof useEditor>;
