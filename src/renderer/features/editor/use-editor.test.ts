import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRenderer, nextTick, ref, type Ref } from 'vue';
import type { EditState } from '#shared/contract/edits.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { CountedMap } from '#renderer/canvas/mask/counted-map.ts';
import { useConnection } from '#renderer/stores/connection.ts';
import { useEditor, type Editor } from './use-editor.ts';

/** The core, as the page sees it: answers wait until the test lets them come. */
const core = vi.hoisted(() => ({
  states: new Map<string, unknown>(),
  /** While set, maps asked for wait: all, or those of one kind. */
  hold: null as Promise<void> | null,
  holds: 'all',
  sent: [] as string[],
  loaded: [] as string[],
  failWith: null as Error | null,
}));
/** The canvas: which maps it was given, by the label of their one pixel. */
const canvas = vi.hoisted(() => ({ shown: [] as number[], events: null as { gesture(gesture: unknown): void } | null, closed: 0 }));

vi.mock('./use-hold.ts', () => ({ useHold: () => ({ isHeldElsewhere: { value: false } }) }));
vi.mock('#renderer/canvas/mask-editor.ts', () => ({
  MaskEditor: class {
    viewport = { onChange: () => undefined, state: { scale: 1 } };
    counts = new Uint32Array(256);
    isPainting = false;
    constructor(_: unknown, __: unknown, ___: unknown, events: { gesture(gesture: unknown): void }) {
      canvas.events = events;
    }
    open(_: unknown, map: CountedMap) {
      canvas.shown.push(map.data[0] ?? -1);
    }
    replaceMap(map: CountedMap) {
      canvas.shown.push(map.data[0] ?? -1);
    }
    close() {
      canvas.closed += 1;
    }
    holdsOutline = () => false;
    finishStroke() {}
    setTool() {}
    setReadOnly() {}
    setOptions() {}
    setLook() {}
    setMarks() {}
    apply() {}
    focus() {}
    destroy() {}
  },
}));
vi.mock('#renderer/api/client.ts', () => ({
  call: ({ name }: { name: string }, { imageId }: { imageId: string }) => {
    const now = core.states.get(imageId) as EditState;
    if (name === 'edits.undo') {
      core.sent.push('undo');
      const next = { ...now, revision: now.revision + 1, gestures: now.gestures - 1, undoable: now.undoable - 1, redoable: now.redoable + 1 };
      core.states.set(imageId, next);
      return Promise.resolve(next);
    }
    if (name === 'dataset.image') {
      return Promise.resolve({ image: { id: imageId, name: imageId, tags: [], width: 1, height: 1 }, layers: [{ kind: 'label-maps', stage: 'crf', artifact: 'base' }], photo: 'ok' });
    }
    if (name === 'edits.state') return Promise.resolve(now);
    return Promise.reject(new Error(`unexpected call ${name}`));
  },
}));
vi.mock('#renderer/api/photos.ts', () => ({
  loadPhoto: () => Promise.resolve({ kind: 'blank', width: 1, height: 1 }),
  loadLabelMap: async (blob: string, id: string) => {
    core.loaded.push(`${blob} ${id}`);
    const [imageId = ''] = id.split('.');
    // A map holds the revision that it was made at, as a label.
    const { revision } = core.states.get(imageId) as EditState;
    if (core.holds === 'all' || core.holds === blob) await core.hold;
    if (core.failWith !== null) throw core.failWith;
    return { width: 1, height: 1, data: Uint8Array.of(revision), counts: new Uint32Array(256) };
  },
}));

const state = (imageId: string, more: Partial<EditState> = {}): EditState => ({
  imageId, base: 'base', revision: 5, gestures: 3, undoable: 3, redoable: 0, conflictPixels: 0, review: 'unreviewed', ...more,
});

function gate(): { readonly closed: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (open = resolve));
  return { closed, open };
}

const until = (isSo: () => boolean): Promise<boolean> => vi.waitUntil(isSo, { timeout: 30_000, interval: 5 });

const ends: (() => void)[] = [];

/** Mounts a component without a document. */
async function mountEditor(imageId: Ref<string | undefined>, projectId: string | null = 'p'): Promise<Editor> {
  const editors: Editor[] = [];
  const nothing = (): null => null;
  const { createApp } = createRenderer<object, object>({
    patchProp: nothing, insert: nothing, remove: nothing, createElement: () => ({}), createText: () => ({}), createComment: () => ({}),
    setText: nothing, setElementText: nothing, parentNode: nothing, nextSibling: nothing,
  });
  const pinia = createPinia();
  setActivePinia(pinia);
  const app = createApp({
    setup() {
      editors.push(useEditor(ref({} as HTMLElement), imageId));
      return () => null;
    },
  });
  app.use(pinia);
  useConnection().projectId = projectId;
  app.mount({});
  ends.push(() => app.unmount());
  const [editor] = editors;
  if (editor === undefined) throw new Error('the component was not set up');
  await until(() => !editor.isLoading.value);
  expect(editor.error.value).toBeNull();
  return editor;
}

beforeEach(() => {
  vi.stubGlobal('document', { activeElement: null });
  core.states = new Map([['im_a', state('im_a')], ['im_b', state('im_b', { revision: 9 })]]);
  core.hold = null;
  core.holds = 'all';
  core.failWith = null;
  core.sent = [];
  core.loaded = [];
  canvas.shown = [];
  canvas.closed = 0;
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  vi.unstubAllGlobals();
});

describe('useEditor', () => {
  it('in a window that shows the image before it knows the project lets nothing be changed until then, and saves from then on', async () => {
    const editor = await mountEditor(ref('im_a'), null);
    expect(editor.isReadOnly.value).toBe(true);
    editor.undo();
    useConnection().projectId = 'p';
    expect(editor.isReadOnly.value).toBe(false);
    editor.undo();
    await until(() => core.sent.length > 0 && editor.waiting.value === 0);
    expect(core.sent).toEqual(['undo']);
  });

  it('shows the mask without a step that was undone while conflicts were being looked up', async () => {
    core.states.set('im_a', state('im_a', { conflictPixels: 4 }));
    const editor = await mountEditor(ref<string | undefined>('im_a'));
    const conflicts = gate();
    core.hold = conflicts.closed;
    core.holds = 'conflicts';
    editor.undo();
    await until(() => canvas.shown.includes(6));
    editor.undo();
    await nextTick();
    conflicts.open();
    await until(() => canvas.shown.at(-1) === 7 && !editor.isCatchingUp.value);
    expect(core.sent).toEqual(['undo', 'undo']);
  });

  it('leaves painting closed until the mask of the image shown is up to date, whatever an image left behind still loads', async () => {
    const imageId = ref<string | undefined>('im_a');
    const editor = await mountEditor(imageId);
    const first = gate();
    core.hold = first.closed;
    editor.undo();
    await until(() => core.loaded.filter((id) => id === 'corrected im_a.base').length === 2);
    core.hold = null;
    imageId.value = 'im_b';
    await until(() => canvas.shown.at(-1) === 9 && !editor.isLoading.value);
    const second = gate();
    core.hold = second.closed;
    editor.undo();
    await until(() => core.loaded.filter((id) => id === 'corrected im_b.base').length === 2);
    first.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(editor.isReadOnly.value).toBe(true);
    expect(canvas.shown.at(-1)).toBe(9);
    second.open();
    await until(() => !editor.isReadOnly.value);
    expect(canvas.shown.at(-1)).toBe(10);
  });

  it('closes an image whose mask cannot be brought up to date, so that nothing is painted on the old one', async () => {
    const editor = await mountEditor(ref<string | undefined>('im_a'));
    core.failWith = new PenumbraError('IMAGE_UNREADABLE', 'no', { remedy: 'none', details: {} });
    editor.undo();
    await until(() => editor.error.value !== null);
    expect(editor.content.value).toBeNull();
    expect(canvas.closed).toBe(1);
    expect(editor.isCatchingUp.value).toBe(false);
  });

  it('shows nothing where there is no address, and no more waits', async () => {
    const imageId = ref<string | undefined>('im_a');
    const editor = await mountEditor(imageId);
    const held = gate();
    core.hold = held.closed;
    imageId.value = 'im_b';
    await until(() => editor.isLoading.value);
    imageId.value = undefined;
    await nextTick();
    expect(editor.isLoading.value).toBe(false);
    expect(editor.content.value).toBeNull();
    editor.undo();
    expect(core.sent).toEqual([]);
    held.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(editor.content.value).toBeNull();
  });
});
