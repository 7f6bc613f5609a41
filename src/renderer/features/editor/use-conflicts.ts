import { shallowRef, type Ref } from 'vue';
import type { EditState } from '#shared/contract/edits.ts';
import { loadLabelMap } from '#renderer/api/photos.ts';
import type { MaskEditor } from '#renderer/canvas/mask-editor.ts';
import type { ImageContent } from './image-content.ts';

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Where the label maps now say something else than what was corrected: marked on the mask, and gone to one after the other. */
export function useConflicts(editor: () => MaskEditor | null, content: Ref<ImageContent | null>, state: Ref<EditState | null>) {
  const places = shallowRef<readonly Place[]>([]);
  let next = 0;
  let asked = 0;

  /** Fetches and marks those of the image shown. */
  async function show(): Promise<void> {
    places.value = [];
    next = 0;
    asked += 1;
    const own = asked;
    const id = content.value?.image.id;
    const base = content.value?.corrected?.base;
    if (id === undefined || base === undefined || (state.value?.conflictPixels ?? 0) === 0) {
      editor()?.setMarks(null);
      return;
    }
    const marks = await loadLabelMap('conflicts', `${id}.${base}`).catch(() => null);
    if (marks === null || own !== asked || content.value?.image.id !== id) return;
    const plane = marks.data.map((value) => (value === 0 ? 0 : 1));
    editor()?.setMarks(plane);
    places.value = placesOf(plane, marks.width);
  }

  function goToNext(): void {
    const place = places.value[next % Math.max(1, places.value.length)];
    const viewport = editor()?.viewport;
    if (place === undefined || viewport === undefined) return;
    next += 1;
    if (viewport.state.scale < 1) viewport.actualSize();
    viewport.centreOn(place);
  }

  return { places, show, goToNext };
}

/** One place in each 64-px square that holds a marked pixel: near enough to look at, few enough to go through. */
function placesOf(marks: Uint8Array, width: number): Place[] {
  const places = new Map<string, Place>();
  for (let pixel = marks.indexOf(1); pixel >= 0; pixel = marks.indexOf(1, pixel + 1)) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const key = `${x >> 6}.${y >> 6}`;
    if (!places.has(key)) places.set(key, { x: x + 0.5, y: y + 0.5 });
  }
  return [...places.values()];
}
