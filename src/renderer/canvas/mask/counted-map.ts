import type { LabelMap } from '#shared/mask/label-map.ts';

/** A label map with the number of pixels of each label, [256]. */
export interface CountedMap extends LabelMap {
  readonly counts: Uint32Array;
}

/** Pixels by label, [256]. */
export function countLabels(labels: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = labels[pixel] ?? 0;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts;
}
