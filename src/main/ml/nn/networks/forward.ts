import type { Tensor } from '@tensorflow/tfjs-core';
import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from '../../backend/backend.ts';
import type { Random } from '../../random/random.ts';
import { elementCount, permuted, type HostTensor, type HostTensors } from '../host-tensor.ts';
import { INFERENCE } from '../network.ts';
import { buildNetwork } from './build.ts';
import type { NetworkEntry } from './catalogue.ts';

export interface ForwardRequest {
  readonly entry: NetworkEntry;
  readonly classes: number;
  readonly weights: HostTensors;
  /** Shown in errors: where the weights come from. */
  readonly source: string;
  /** (B, 3, H, W), already scaled as the network wants it. */
  readonly input: HostTensor;
  readonly taps: readonly string[];
}

/** Every initial value is replaced by the file's, or the file refused; drawing millions of normals would take longer than the pass. */
const ZEROS: Random = { unit: () => 0, between: () => 0, integer: () => 0, chance: () => false, normal: () => 0 };

/**
 * One pass without learning. Numbers go in and come out as PyTorch lays them out: (B, C, H, W) for maps, tokens and attention as they are.
 * @returns `logits` and the taps asked for
 * @throws PenumbraError WEIGHTS_MISMATCH, BAD_REQUEST
 */
export async function forward(backend: TensorBackend, request: ForwardRequest): Promise<Map<string, HostTensor>> {
  const { tf } = backend;
  const { entry, input, classes } = request;
  const [, channels, height, width] = input.shape;
  if (input.shape.length !== 4 || channels !== 3 || height === undefined || width === undefined) {
    throw new PenumbraError('BAD_REQUEST', `The input has shape (${input.shape.join(', ')}); expected (batch, 3, height, width).`, {
      remedy: 'Save the photos as one float32 array with the channels before height and width.',
      details: { found: [...input.shape] },
    });
  }
  const model = buildNetwork(backend, entry.table, { classes, norm: 'frozen', headNorm: 'frozen', random: ZEROS });
  try {
    const unknown = request.taps.filter((name) => !model.taps.some((tap) => tap.name === name));
    if (unknown.length > 0) {
      throw new PenumbraError('BAD_REQUEST', `The network has no tap named ${unknown.join(', ')}.`, {
        remedy: `It has ${model.taps.map((tap) => tap.name).join(', ')}.`,
        details: { unknown, taps: model.taps.map((tap) => tap.name) },
      });
    }
    const ignore = (name: string): boolean => name.endsWith('num_batches_tracked') || entry.copies?.test(name) === true;
    model.parameters.load(request.weights, { source: request.source, ignore });
    const found = new Map<string, Tensor>();
    const images = permuted(input, [0, 2, 3, 1]);
    tf.tidy(() => {
      const tap = (name: string, value: Tensor): void => {
        if (request.taps.includes(name)) found.set(name, tf.keep(tf.clone(value)));
      };
      const logits = model.forward(tf.tensor4d(images.values, images.shape as [number, number, number, number]), { ...INFERENCE, tap });
      found.set('logits', tf.keep(tf.clone(logits)));
    });
    const results = new Map<string, HostTensor>();
    for (const [name, tensor] of found) results.set(name, torchLayout(name, { shape: tensor.shape, values: await tensor.data<'float32'>() }));
    tf.dispose([...found.values()]);
    return results;
  } finally {
    model.parameters.dispose();
  }
}

/** Maps have four axes, and so has attention, which is laid out alike on both sides. */
function torchLayout(name: string, tensor: HostTensor): HostTensor {
  if (elementCount(tensor.shape) !== tensor.values.length) throw new Error(`${name}: ${tensor.values.length} values for (${tensor.shape.join(', ')})`);
  return tensor.shape.length === 4 && !name.startsWith('attention.') ? permuted(tensor, [0, 3, 1, 2]) : tensor;
}
