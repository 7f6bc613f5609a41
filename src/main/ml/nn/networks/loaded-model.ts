import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from '../../backend/backend.ts';
import type { Random } from '../../random/random.ts';
import type { HostTensors } from '../host-tensor.ts';
import { buildNetwork, type Model } from './build.ts';
import type { NetworkEntry } from './catalogue.ts';

export interface ModelRequest {
  readonly entry: NetworkEntry;
  readonly classes: number;
  readonly weights: HostTensors;
  /** Shown in errors: where the weights come from. */
  readonly source: string;
  /** Inner results that are asked for. */
  readonly taps: readonly string[];
  /** Default: the reference's. */
  readonly outputStride?: number | undefined;
}

/** Every initial value is replaced by the file's, or the file refused; drawing millions of normals would take longer than a pass. */
const ZEROS: Random = { unit: () => 0, between: () => 0, integer: () => 0, chance: () => false, normal: () => 0 };

/**
 * A network of the catalogue with weights, for inference. The caller disposes of its parameters.
 * @throws PenumbraError WEIGHTS_MISMATCH, WEIGHTS_MALFORMED; BAD_REQUEST for a tap or an output stride that it has not
 */
export function loadedModel(backend: TensorBackend, { entry, classes, weights, source, taps, outputStride }: ModelRequest): Model {
  const model = buildNetwork(backend, entry.table, { classes, outputStride, norm: 'frozen', headNorm: 'frozen', forInference: true, random: ZEROS });
  try {
    const unknown = taps.filter((name) => !model.taps.some((tap) => tap.name === name));
    if (unknown.length > 0) {
      throw new PenumbraError('BAD_REQUEST', `The network has no tap named ${unknown.join(', ')}.`, {
        remedy: `It has ${model.taps.map((tap) => tap.name).join(', ')}.`,
        details: { unknown, taps: model.taps.map((tap) => tap.name) },
      });
    }
    const ignore = (name: string): boolean => name.endsWith('num_batches_tracked') || entry.copies?.test(name) === true;
    model.parameters.load(weights, { source, ignore });
    return model;
  } catch (cause) {
    model.parameters.dispose();
    throw cause;
  }
}

/** Whether a result of this name and rank is a map, whose channels PyTorch has before height and width. Attention has four axes too, laid out alike. */
export function isMap(name: string, rank: number): boolean {
  return rank === 4 && !name.startsWith('attention.');
}
