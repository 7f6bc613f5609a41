import type { ImagePoint } from '../geometry.ts';
import type { SpanSink } from './spans.ts';

/**
 * Every pixel whose centre lies within `radius` px of the segment from `from` to `to`: a hard-edged round brush drawn along it,
 * without gaps and without antialiasing. One span a row, since a capsule is convex. `from` equal to `to` is a single stamp.
 */
export function capsuleSpans(from: ImagePoint, to: ImagePoint, radius: number, sink: SpanSink): void {
  const yFirst = Math.ceil(Math.min(from.y, to.y) - radius - 0.5);
  const yLast = Math.floor(Math.max(from.y, to.y) + radius - 0.5);
  for (let y = yFirst; y <= yLast; y++) {
    const row = rowInterval(from, to, radius, y + 0.5);
    if (row === null) continue;
    // The interval is right up to rounding; the pixels at its ends are asked one by one.
    let x0 = Math.ceil(row.min - 0.5);
    let x1 = Math.floor(row.max - 0.5) + 1;
    if (isWithin(from, to, radius, x0 - 0.5, y + 0.5)) x0 -= 1;
    else if (x0 < x1 && !isWithin(from, to, radius, x0 + 0.5, y + 0.5)) x0 += 1;
    if (isWithin(from, to, radius, x1 + 0.5, y + 0.5)) x1 += 1;
    else if (x0 < x1 && !isWithin(from, to, radius, x1 - 0.5, y + 0.5)) x1 -= 1;
    if (x0 < x1) sink(y, x0, x1);
  }
}

/**
 * Where a brush of `diameter` px centres: on a pixel's centre when odd, on a corner when even, so that every stamp has the same
 * shape and a brush of 1 px always paints one pixel.
 */
export function snapBrush(point: ImagePoint, diameter: number): ImagePoint {
  if (diameter % 2 === 0) return { x: Math.round(point.x), y: Math.round(point.y) };
  return { x: Math.floor(point.x) + 0.5, y: Math.floor(point.y) + 0.5 };
}

/** The x of all points of the capsule at height `y`: union of both discs and the rectangle between them. */
function rowInterval(from: ImagePoint, to: ImagePoint, radius: number, y: number): { min: number; max: number } | null {
  let min = Infinity;
  let max = -Infinity;
  for (const centre of [from, to]) {
    const square = radius * radius - (y - centre.y) * (y - centre.y);
    if (square < 0) continue;
    const half = Math.sqrt(square);
    min = Math.min(min, centre.x - half);
    max = Math.max(max, centre.x + half);
  }
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length > 0) {
    const acrossX = (-(to.y - from.y) / length) * radius;
    const acrossY = ((to.x - from.x) / length) * radius;
    const corners: readonly ImagePoint[] = [
      { x: from.x + acrossX, y: from.y + acrossY },
      { x: to.x + acrossX, y: to.y + acrossY },
      { x: to.x - acrossX, y: to.y - acrossY },
      { x: from.x - acrossX, y: from.y - acrossY },
    ];
    corners.forEach((a, index) => {
      const b = corners[(index + 1) % 4] ?? a;
      if (Math.min(a.y, b.y) > y || Math.max(a.y, b.y) < y) return;
      const xs = a.y === b.y ? [a.x, b.x] : [a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)];
      min = Math.min(min, ...xs);
      max = Math.max(max, ...xs);
    });
  }
  return min <= max ? { min, max } : null;
}

function isWithin(from: ImagePoint, to: ImagePoint, radius: number, x: number, y: number): boolean {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const square = dx * dx + dy * dy;
  const along = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / square));
  const awayX = x - (from.x + along * dx);
  const awayY = y - (from.y + along * dy);
  return awayX * awayX + awayY * awayY <= radius * radius;
}
