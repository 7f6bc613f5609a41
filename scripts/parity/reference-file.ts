import * as z from 'zod';
import type { NetworkTable } from '#main/ml/nn/networks/table.ts';
import { openWeights } from '#main/ml/weights/open-weights.ts';
import { toHostTensors } from '#main/ml/weights/weights-file.ts';

/** One network to compare: what both sides build and feed. */
export interface ParityCase {
  readonly name: string;
  readonly table: NetworkTable;
  readonly classes: number;
  /** [height, width] */
  readonly size: readonly [number, number];
  readonly batch: number;
  readonly modes: readonly Mode[];
  /** Parameters made smaller than their names say: those whose names match, by this power of two. */
  readonly damped?: { readonly names: string; readonly by: number };
}

/** eval: running moments, gradients too; forward: the same without gradients; train: moments of the batch. No dropout in any. */
export type Mode = 'eval' | 'forward' | 'train';

/** Places of one tensor of the reference, evenly spaced over its row-major values. */
export interface Sampled {
  /** Of the whole tensor, in the reference's layout. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface ReferenceFile {
  readonly case: ParityCase;
  /** The name whose values are the input. */
  readonly input: string;
  /** Names of the first and the last parameter that learns. */
  readonly ends: readonly string[];
  /** Such as "torch 2.15.0". */
  readonly torch: string;
  /** `MODE/tap/NAME`, `MODE/gradient/NAME`, `train/moment/NAME`, `MODE/loss`. */
  readonly tensors: ReadonlyMap<string, Sampled>;
}

const Shapes = z.record(z.string(), z.array(z.int()));
const Case = z.looseObject({ name: z.string() });

/** Reads what tests/fixtures/parity/generate.py wrote. */
export function readReference(path: string): ReferenceFile {
  using opened = openWeights(path);
  const tensors = toHostTensors(opened.tensors);
  const { metadata } = opened;
  const parse = (key: string): unknown => JSON.parse(metadata.get(key) ?? 'null');
  const shapes = Shapes.parse(parse('shapes'));
  return {
    // Both sides get their cases from one list, so that only its being there is checked.
    case: Case.parse(parse('case')) as unknown as ParityCase,
    input: metadata.get('input') ?? '',
    ends: z.array(z.string()).parse(parse('ends')),
    torch: `torch ${metadata.get('torch') ?? 'unknown'}`,
    tensors: new Map([...tensors].map(([name, { values, shape }]) => [name, { shape: shapes[name] ?? shape, values }])),
  };
}
