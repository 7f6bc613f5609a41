import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from '../../backend/backend.ts';
import { randomFor, type Random } from '../../random/random.ts';
import type { HostTensors } from '../host-tensor.ts';
import { fitOf, type FitOptions } from '../weights-fit.ts';
import { allowedMissing, misfitRemedy } from './allowed-missing.ts';
import { buildNetwork, parametersOf, type Model } from './build.ts';
import type { NetworkEntry } from './catalogue.ts';
import { withoutCopies } from './copies.ts';

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
  /** Parts that the weights may lack as a whole and that are then left at their initial values: `head`, or modules such as `fc6`. Default none. */
  readonly allowMissing?: readonly string[];
}

export interface LoadedModel extends Model {
  /** Parameters that were left at their initial values. */
  readonly initial: readonly string[];
  /** How many tensors of the weights were copies of others, as the reference keeps them, and alike. */
  readonly copies: number;
}

/** Of the steps that a batch norm has seen; old files lack them. */
const COUNTER = 'num_batches_tracked';

/** For networks of which every initial value is replaced by the file's: drawing millions of normals would take longer than a pass. */
const ZEROS: Random = { unit: () => 0, between: () => 0, integer: () => 0, chance: () => false, normal: () => 0 };

/**
 * A network of the catalogue with weights, for inference. The caller disposes of its parameters.
 * @throws PenumbraError WEIGHTS_MISMATCH, WEIGHTS_MALFORMED; BAD_REQUEST for a tap, an output stride or a part that it has not
 */
export function loadedModel(backend: TensorBackend, request: ModelRequest): LoadedModel {
  const { entry, classes, source, taps, outputStride, allowMissing = [] } = request;
  const { weights, copies } = withoutCopies(request.weights, entry.originalOf ?? (() => null), source);
  const wanted = parametersOf(entry.table, { classes, outputStride });
  const options: FitOptions = {
    source,
    ignore: (name) => name.endsWith(COUNTER),
    mayKeep: allowedMissing(allowMissing, wanted, weights),
    remedyOf: (misfit) => misfitRemedy(allowMissing, misfit, wanted, weights),
  };
  // Before anything is allocated: another count of classes may ask for more than there is.
  fitOf(wanted, weights, options);
  const model = buildNetwork(backend, entry.table, { classes, outputStride, norm: 'frozen', headNorm: 'frozen', forInference: true, random: allowMissing.length === 0 ? ZEROS : randomFor(0, 'initial') });
  try {
    const unknown = taps.filter((name) => !model.taps.some((tap) => tap.name === name));
    if (unknown.length > 0) {
      throw new PenumbraError('BAD_REQUEST', `The network has no tap named ${unknown.join(', ')}.`, {
        remedy: `It has ${model.taps.map((tap) => tap.name).join(', ')}.`,
        details: { unknown, taps: model.taps.map((tap) => tap.name) },
      });
    }
    const { missing } = model.parameters.load(weights, options);
    return { ...model, initial: missing, copies };
  } catch (cause) {
    model.parameters.dispose();
    throw cause;
  }
}

/** Whether a result of this name and rank is a map, whose channels PyTorch has before height and width. Attention has four axes too, laid out alike. */
export function isMap(name: string, rank: number): boolean {
  return rank === 4 && !name.startsWith('attention.');
}
