import { PenumbraError } from '../errors.ts';
import type { LabelMap } from './label-map.ts';
import { malformed } from './rle.ts';
import { tileRect, type MapSize, type TileDiff } from './tile-diff.ts';

/**
 * The corrections of one image, folded from its gestures and independent of any base.
 * A pixel that a gesture changed stays edited, even when it is painted back: on another base that is still a statement.
 */
export interface EditOverlay {
  readonly width: number; // px
  readonly height: number; // px
  /** 1 where edited, else 0. */
  readonly edited: Uint8Array; // [height * width]
  /** The corrected label; 0 where not edited. */
  readonly value: Uint8Array; // [height * width]
  /** The label of the base that the correction was made on; 0 where not edited. */
  readonly baseValue: Uint8Array; // [height * width]
}

export function emptyOverlay(size: MapSize): EditOverlay {
  const pixels = size.width * size.height;
  return {
    width: size.width,
    height: size.height,
    edited: new Uint8Array(pixels),
    value: new Uint8Array(pixels),
    baseValue: new Uint8Array(pixels),
  };
}

/** The overlay of the gestures in force, oldest first. EDIT_MALFORMED when a gesture does not follow from the ones before. */
export function foldGestures(size: MapSize, gestures: readonly (readonly TileDiff[])[]): EditOverlay {
  const overlay = emptyOverlay(size);
  for (const gesture of gestures) addGesture(overlay, gesture);
  return overlay;
}

/**
 * Adds one gesture in place. `base` is the base it was made on; without it the first label under a pixel counts as its base
 * value, which is the same as long as the base did not change between gestures. (With it, repainting a pixel on a new base
 * settles a conflict there.)
 */
export function addGesture(overlay: EditOverlay, gesture: readonly TileDiff[], base?: LabelMap): void {
  if (base !== undefined) checkSize(overlay, base);
  for (const { tx, ty, before, after } of gesture) {
    const rect = tileRect(overlay, tx, ty);
    if (rect.width <= 0 || rect.height <= 0 || before.length !== rect.width * rect.height || after.length !== before.length) {
      throw malformed(`tile (${tx}, ${ty}) does not fit a mask of ${overlay.width}×${overlay.height} px`);
    }
    for (let y = 0; y < rect.height; y++) {
      for (let x = 0; x < rect.width; x++) {
        const from = before[y * rect.width + x] ?? 0;
        const to = after[y * rect.width + x] ?? 0;
        if (from === to) continue;
        const pixel = (rect.y0 + y) * overlay.width + rect.x0 + x;
        const wasEdited = overlay.edited[pixel] === 1;
        if (wasEdited && overlay.value[pixel] !== from) {
          throw malformed(
            `tile (${tx}, ${ty}) starts from label ${from} at pixel (${rect.x0 + x}, ${rect.y0 + y}), ` +
              `where the correction so far is ${overlay.value[pixel] ?? 0}`,
          );
        }
        if (base !== undefined) overlay.baseValue[pixel] = base.data[pixel] ?? 0;
        else if (!wasEdited) overlay.baseValue[pixel] = from;
        overlay.edited[pixel] = 1;
        overlay.value[pixel] = to;
      }
    }
  }
}

/** The corrected map: corrections win over the base. */
export function applyOverlay(base: LabelMap, overlay: EditOverlay): LabelMap {
  checkSize(overlay, base);
  const data = new Uint8Array(base.data); // not slice(): of a Buffer that is a view
  for (let pixel = 0; pixel < data.length; pixel++) if (overlay.edited[pixel] === 1) data[pixel] = overlay.value[pixel] ?? 0;
  return { width: base.width, height: base.height, data };
}

export interface Conflicts {
  readonly pixels: number;
  /** 1 where base and correction disagree, else 0. */
  readonly mask: Uint8Array; // [height * width]
}

/** Edited pixels where the base now says neither what the correction was made on nor what it says itself. */
export function conflicts(base: LabelMap, overlay: EditOverlay): Conflicts {
  checkSize(overlay, base);
  const mask = new Uint8Array(base.data.length);
  let pixels = 0;
  for (let pixel = 0; pixel < mask.length; pixel++) {
    if (overlay.edited[pixel] !== 1) continue;
    const now = base.data[pixel];
    if (now === overlay.baseValue[pixel] || now === overlay.value[pixel]) continue;
    mask[pixel] = 1;
    pixels += 1;
  }
  return { pixels, mask };
}

export function editedPixels(overlay: EditOverlay): number {
  let count = 0;
  for (const edited of overlay.edited) count += edited;
  return count;
}

function checkSize(overlay: EditOverlay, base: LabelMap): void {
  if (overlay.width === base.width && overlay.height === base.height) return;
  throw new PenumbraError(
    'MASK_SIZE_MISMATCH',
    `The corrections are for a mask of ${overlay.width}×${overlay.height} px, the base is ${base.width}×${base.height} px.`,
    { remedy: 'Use a base of the size of the photo that was corrected.', details: {} },
  );
}
