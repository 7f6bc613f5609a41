import { assertWhole } from '../bad-input.ts';

/** From one pixel of a pair to the other, px. */
export interface Offset {
  readonly dy: number;
  readonly dx: number;
}

/**
 * Offsets of pairs nearer than `radius` (methods/refine.md §0.2): (0, x), then (y, x) with y ≥ 1 and x² + y² < radius². Each pair of pixels occurs
 * once. 34 for radius 5, 152 for radius 10.
 */
export function pairOffsets(radius: number): Offset[] {
  assertWhole('pair offsets', 'radius', radius, 1, 64);
  const offsets: Offset[] = [];
  for (let dx = 1; dx < radius; dx++) offsets.push({ dy: 0, dx });
  for (let dy = 1; dy < radius; dy++) {
    for (let dx = 1 - radius; dx < radius; dx++) if (dx * dx + dy * dy < radius * radius) offsets.push({ dy, dx });
  }
  return offsets;
}
