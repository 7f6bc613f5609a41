import { BACKGROUND } from '../../domain/classes.ts';
import type { LabelMap } from '../../mask/label-map.ts';
import { assertOneOf, assertWhole, badInput } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';
import { close, fillHoles, open, removeSmall } from './binary.ts';

/** What is done to one class of a label map. */
export type ClassMorphology =
  | { readonly kind: 'open' | 'close'; readonly radiusPx: number }
  | { readonly kind: 'fill' }
  | { readonly kind: 'remove-small'; readonly leastPx: number };

/**
 * Morphology of the pixels of `label` alone. What the class loses becomes background; what it gains is taken from background only, so that no
 * other class and no ignored pixel changes. → a new map. BAD_REQUEST for settings without sense, such as a radius below 0.
 */
export function morphClass(map: LabelMap, label: number, step: ClassMorphology, task?: RasterTask): LabelMap {
  if (label === BACKGROUND) throw badInput('morphology', 'the class is background', 'Name the class whose shape is to change.');
  assertWhole('morphology', 'label', label, 1, 255);
  assertOneOf('morphology', 'kind', step.kind, ['open', 'close', 'fill', 'remove-small']);
  assertFitsPixels('morphology', map, 30);
  const mask = { ...map, data: new Uint8Array(map.data.length) };
  for (const [from, to] of runsOf(mask.data.length, 1, partOf(task, 0, 0.0625))) {
    for (let pixel = from; pixel < to; pixel++) mask.data[pixel] = map.data[pixel] === label ? 1 : 0;
  }
  const shaped = shape(mask, step, partOf(task, 0.0625, 0.9375)).data;
  const data = new Uint8Array(map.data.length);
  for (const [from, to] of runsOf(data.length, 1, partOf(task, 0.9375, 1))) {
    for (let pixel = from; pixel < to; pixel++) {
      const value = map.data[pixel] ?? 0;
      if (value === label) data[pixel] = shaped[pixel] === 0 ? BACKGROUND : label;
      else data[pixel] = value === BACKGROUND && shaped[pixel] !== 0 ? label : value;
    }
  }
  checkpoint(task, 1);
  return { ...map, data };
}

function shape(mask: LabelMap, step: ClassMorphology, task: RasterTask | undefined): LabelMap {
  switch (step.kind) {
    case 'open':
      return open(mask, step.radiusPx, task);
    case 'close':
      return close(mask, step.radiusPx, task);
    case 'fill':
      return fillHoles(mask, task);
    case 'remove-small':
      return removeSmall(mask, step.leastPx, 8, task);
  }
}
