import type { Tensor } from '@tensorflow/tfjs-core';
import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from '../../backend/backend.ts';
import { elementCount, permuted, type HostTensor } from '../host-tensor.ts';
import { INFERENCE } from '../network.ts';
import { isMap, loadedModel, type ModelRequest } from './loaded-model.ts';

export interface ForwardRequest extends ModelRequest {
  /** (B, 3, H, W), already scaled as the network wants it. */
  readonly input: HostTensor;
}

/** A result that holds NaN or infinity. */
export interface NonFinite {
  readonly name: string;
  /** How many of its values are not finite. */
  readonly count: number;
  /** The first of them, and its index along each axis. */
  readonly value: string;
  readonly place: readonly number[];
}

export interface ForwardResult {
  /** `logits` and the taps asked for. */
  readonly results: Map<string, HostTensor>;
  /** Parameters that the weights lacked and were allowed to. */
  readonly initial: readonly string[];
  /** Tensors of the weights that were copies of others, and alike. */
  readonly copies: number;
  /** Results that overflowed. */
  readonly nonFinite: readonly NonFinite[];
}

/**
 * One pass without learning. Numbers go in and come out as PyTorch lays them out: (B, C, H, W) for maps, tokens and attention as they are.
 * @throws PenumbraError BAD_REQUEST for an input of another shape, or with NaN or infinity; and what `loadedModel` throws
 */
export async function forward(backend: TensorBackend, request: ForwardRequest): Promise<ForwardResult> {
  const { tf } = backend;
  const { input } = request;
  const [, channels, height, width] = input.shape;
  if (input.shape.length !== 4 || channels !== 3 || height === undefined || width === undefined || input.shape.some((length) => length < 1)) {
    throw new PenumbraError('BAD_REQUEST', `The input has shape (${input.shape.join(', ')}); expected (batch, 3, height, width), each at least 1.`, {
      remedy: 'Save the photos as one float32 array with the channels before height and width.',
      details: { found: [...input.shape] },
    });
  }
  const broken = input.values.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const place = placeOf(broken, input.shape);
    throw new PenumbraError('BAD_REQUEST', `The input holds ${input.values[broken] ?? 0} at (${place.join(', ')}); expected finite numbers.`, {
      remedy: 'Look at how the photos were scaled. Fused activations would turn such numbers into 0, so that results would look right.',
      details: { found: String(input.values[broken]), position: place },
    });
  }
  const model = loadedModel(backend, request);
  try {
    const found = new Map<string, Tensor>();
    const images = permuted(input, [0, 2, 3, 1]);
    const wanted = (name: string): boolean => request.taps.includes(name);
    tf.tidy(() => {
      const tap = (name: string, value: Tensor): void => {
        if (wanted(name)) found.set(name, tf.keep(tf.clone(value)));
      };
      const logits = model.forward(tf.tensor4d(images.values, images.shape as [number, number, number, number]), { ...INFERENCE, tap, wants: wanted });
      found.set('logits', tf.keep(tf.clone(logits)));
    });
    const results = new Map<string, HostTensor>();
    for (const [name, tensor] of found) results.set(name, torchLayout(name, { shape: tensor.shape, values: await tensor.data<'float32'>() }));
    tf.dispose([...found.values()]);
    return { results, initial: model.initial, copies: model.copies, nonFinite: nonFiniteOf(results) };
  } finally {
    model.parameters.dispose();
  }
}

/** The index along each axis of the value at `position`. */
function placeOf(position: number, shape: readonly number[]): number[] {
  return shape.map((length, axis) => Math.floor(position / elementCount(shape.slice(axis + 1))) % length);
}

/** Results that overflowed: of finite inputs and finite weights nothing else makes them. */
function nonFiniteOf(results: ReadonlyMap<string, HostTensor>): NonFinite[] {
  return [...results].flatMap(([name, { shape, values }]) => {
    const first = values.findIndex((value) => !Number.isFinite(value));
    if (first < 0) return [];
    const count = values.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
    return [{ name, count, value: String(values[first]), place: placeOf(first, shape) }];
  });
}

function torchLayout(name: string, tensor: HostTensor): HostTensor {
  if (elementCount(tensor.shape) !== tensor.values.length) throw new Error(`${name}: ${tensor.values.length} values for (${tensor.shape.join(', ')})`);
  return isMap(name, tensor.shape.length) ? permuted(tensor, [0, 3, 1, 2]) : tensor;
}
