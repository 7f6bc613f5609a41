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

export interface ForwardResult {
  /** `logits` and the taps asked for. */
  readonly results: Map<string, HostTensor>;
  /** Parameters that the weights lacked and were allowed to. */
  readonly initial: readonly string[];
  /** Tensors of the weights that were copies of others, and alike. */
  readonly copies: number;
}

/**
 * One pass without learning. Numbers go in and come out as PyTorch lays them out: (B, C, H, W) for maps, tokens and attention as they are.
 * @throws PenumbraError BAD_REQUEST, and what `loadedModel` throws
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
  const model = loadedModel(backend, request);
  try {
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
    return { results, initial: model.initial, copies: model.copies };
  } finally {
    model.parameters.dispose();
  }
}

function torchLayout(name: string, tensor: HostTensor): HostTensor {
  if (elementCount(tensor.shape) !== tensor.values.length) throw new Error(`${name}: ${tensor.values.length} values for (${tensor.shape.join(', ')})`);
  return isMap(name, tensor.shape.length) ? permuted(tensor, [0, 3, 1, 2]) : tensor;
}
