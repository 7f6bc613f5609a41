import type { LabelMap } from '#shared/mask/label-map.ts';
import type { SpanSink } from './spans.ts';

/**
 * The region of one label around pixel (`seedX`, `seedY`), joined by pixel edges. `sink` must change every pixel it is given to
 * another label: that is how the fill knows where it has been, without a second map.
 * Returns false, with the region filled in part, once it holds more than `maxPixels`.
 */
export function floodSpans(map: LabelMap, seedX: number, seedY: number, maxPixels: number, sink: SpanSink): boolean {
  const { width, height, data } = map;
  const label = data[seedY * width + seedX];
  const waiting = [seedX, seedY];
  let pixels = 0;
  for (;;) {
    const y = waiting.pop();
    const x = waiting.pop();
    if (x === undefined || y === undefined) return true;
    const row = y * width;
    if (data[row + x] !== label) continue;
    let x0 = x;
    let x1 = x + 1;
    while (x0 > 0 && data[row + x0 - 1] === label) x0 -= 1;
    while (x1 < width && data[row + x1] === label) x1 += 1;
    pixels += x1 - x0;
    if (pixels > maxPixels) return false;
    sink(y, x0, x1);
    for (const next of [y - 1, y + 1]) {
      if (next < 0 || next >= height) continue;
      const nextRow = next * width;
      // One seed a run is enough: the run is followed to its ends when its turn comes.
      for (let at = x0; at < x1; at++) {
        if (data[nextRow + at] === label && (at === x0 || data[nextRow + at - 1] !== label)) waiting.push(at, next);
      }
    }
  }
}
