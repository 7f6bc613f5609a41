import { BACKGROUND } from '../../domain/classes.ts';
import type { LabelMap } from '../../mask/label-map.ts';
import { badInput } from '../bad-input.ts';
import { close, fillHoles, open, removeSmall } from './binary.ts';

/** What is done to one class of a label map. */
export type ClassMorphology =
  | { readonly kind: 'open' | 'close'; readonly radiusPx: number }
  | { readonly kind: 'fill' }
  | { readonly kind: 'remove-small'; readonly leastPx: number };

/**
 * Morphology of the pixels of `label` alone. What the class loses becomes background; what it gains is taken from background only, so that no
 * other class and no ignored pixel changes. → a new map.
 */
export function morphClass(map: LabelMap, label: number, step: ClassMorphology): LabelMap {
  if (label === BACKGROUND) throw badInput('morphology', 'the class is background', 'Name the class whose shape is to change.');
  const mask = { ...map, data: map.data.map((value) => (value === label ? 1 : 0)) };
  const shaped = shape(mask, step);
  const data = map.data.map((value, pixel) => {
    if (value === label) return shaped.data[pixel] === 0 ? BACKGROUND : label;
    return value === BACKGROUND && shaped.data[pixel] !== 0 ? label : value;
  });
  return { ...map, data };
}

function shape(mask: LabelMap, step: ClassMorphology): LabelMap {
  switch (step.kind) {
    case 'open':
      return open(mask, step.radiusPx);
    case 'close':
      return close(mask, step.radiusPx);
    case 'fill':
      return fillHoles(mask);
    case 'remove-small':
      return removeSmall(mask, step.leastPx, 8);
  }
}
