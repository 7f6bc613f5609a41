import type { LabelMap } from '#shared/mask/label-map.ts';
import { tileRect, type TileDiff } from '#shared/mask/tile-diff.ts';

/**
 * A gesture made on another map, as a gesture on this one: every pixel that it changed gets the label it gave; the others keep what they
 * have. Tiles in which nothing changes are left out. `map` itself is not changed.
 */
export function replayGesture(map: LabelMap, gesture: readonly TileDiff[]): TileDiff[] {
  const diffs: TileDiff[] = [];
  for (const { tx, ty, before, after } of gesture) {
    const { x0, y0, width, height } = tileRect(map, tx, ty);
    const now = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) now.set(map.data.subarray((y0 + y) * map.width + x0, (y0 + y) * map.width + x0 + width), y * width);
    const then = now.map((label, pixel) => (before[pixel] === after[pixel] ? label : (after[pixel] ?? label)));
    if (then.some((label, pixel) => label !== now[pixel])) diffs.push({ tx, ty, before: now, after: then });
  }
  return diffs;
}
