import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { PenumbraError } from '#shared/errors.ts';
import { INFERENCE } from '../nn/network.ts';
import type { InputScale } from '../nn/networks/catalogue.ts';
import { isMap, loadedModel, type ModelRequest } from '../nn/networks/loaded-model.ts';
import { asMaps } from './expressions.ts';
import { INPUT_NAME, input, modelOf, parameter, type Value } from './graph.ts';
import type { OnnxModel } from './model-file.ts';
import { recording } from './recorder.ts';

export interface OnnxRequest extends ModelRequest {
  /** The network's name, which the file carries. */
  readonly name: string;
  /** Of the photos, in pixels. How many photos come at a time is left open. */
  readonly size: readonly [height: number, width: number];
}

/** What other programs must do to a photo, told in the file. */
const SCALES: Readonly<Record<InputScale, string>> = {
  'imagenet': 'RGB / 255, minus (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225)',
  'minus-one-to-one': 'RGB / 127.5 - 1',
  'caffe': 'BGR of 0 to 255, minus (104.008, 116.669, 122.675)',
};

/**
 * A network of the catalogue as an ONNX model, written down by running it once on an engine that takes notes. Its input is `images` (batch, 3, H, W),
 * its outputs `logits` and the taps asked for, laid out as PyTorch has them; parameters keep the reference's names, layouts and bits.
 * @throws PenumbraError BAD_REQUEST for a size that the network can't take; what `loadedModel` throws
 */
export function recordNetwork(request: OnnxRequest): Promise<OnnxModel> {
  const { name, taps, weights } = request;
  const [height, width] = request.size;
  refuseUnfit(request);
  return recording(({ backend, tensor, recorded, declare, begin }) => {
    const model = loadedModel(backend, request);
    try {
      for (const item of model.parameters.list()) declare(item.variable, parameter(item.name, item.shape));
      const images = input(height, width);
      begin(images);
      const found = new Map<string, Value>();
      const give = (output: string, value: Value): void => void found.set(output, isMap(output, value.shape.length) ? asMaps(value) : value);
      backend.tf.tidy(() => {
        const tap = (output: string, value: Tensor): void => {
          if (taps.includes(output)) give(output, recorded(value));
        };
        give('logits', recorded(model.forward(tensor(images) as Tensor4D, { ...INFERENCE, tap })));
      });
      return modelOf(name, images, found, weights, metadataOf(request));
    } finally {
      model.parameters.dispose();
    }
  });
}

function metadataOf({ name, entry, classes }: OnnxRequest): ReadonlyMap<string, string> {
  return new Map([
    ['architecture', name],
    ['parameter_names', entry.reference],
    [INPUT_NAME, SCALES[entry.input]],
    ['classes', String(classes)],
  ]);
}

function refuseUnfit({ entry: { table }, name, size }: OnnxRequest): void {
  const step = table.backbone.family === 'vit' ? table.backbone.table.patch : 1;
  if (size.every((length) => Number.isInteger(length) && length >= step && length % step === 0)) return;
  throw new PenumbraError('BAD_REQUEST', `${name} can't take photos of ${size.join(' × ')} pixels; expected ${step === 1 ? 'whole numbers from 1' : `multiples of its patches' ${step}`}.`, {
    remedy: 'Give another size.',
    details: { found: [...size], step },
  });
}
