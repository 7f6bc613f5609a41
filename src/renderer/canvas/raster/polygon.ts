import type { ImagePoint } from '../geometry.ts';
import type { SpanSink } from './spans.ts';

/**
 * Every pixel whose centre lies inside the polygon, by the even-odd rule: a part that the outline goes round twice is outside.
 * A centre on a left or top edge is inside, on a right or bottom edge outside, so that neighbours share no pixel and leave no gap.
 * Only rows from 0 up to `height` are filled.
 */
export function polygonSpans(corners: readonly ImagePoint[], height: number, sink: SpanSink): void {
  if (corners.length < 3) return;
  const ys = corners.map((corner) => corner.y);
  const yFirst = Math.max(0, Math.ceil(Math.min(...ys) - 0.5));
  const yLast = Math.min(height - 1, Math.floor(Math.max(...ys) - 0.5));
  const crossings: number[] = [];
  for (let y = yFirst; y <= yLast; y++) {
    const centre = y + 0.5;
    crossings.length = 0;
    corners.forEach((a, index) => {
      const b = corners[(index + 1) % corners.length] ?? a;
      if (a.y <= centre === b.y <= centre) return;
      // Always from the upper end, so that an edge shared by two polygons rounds to one place in both.
      const [upper, lower] = a.y < b.y ? [a, b] : [b, a];
      crossings.push(upper.x + ((centre - upper.y) / (lower.y - upper.y)) * (lower.x - upper.x));
    });
    crossings.sort((left, right) => left - right);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const x0 = Math.ceil((crossings[pair] ?? 0) - 0.5);
      const x1 = Math.ceil((crossings[pair + 1] ?? 0) - 0.5);
      if (x0 < x1) sink(y, x0, x1);
    }
  }
}
