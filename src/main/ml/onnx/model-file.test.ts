import { expect, it } from 'vitest';
import { onnxPieces, type OnnxModel } from './model-file.ts';

/** Views of one array, so that a model larger than memory costs nothing. */
function modelOf(tensors: number): OnnxModel {
  const values = new Float32Array(2 ** 20);
  const initialisers = Array.from({ length: tensors }, (_, i) => ({ name: `w${i}`, shape: [values.length], values }));
  return { name: 'wide', nodes: [], initialisers, inputs: [], outputs: [], metadata: new Map() };
}

it('refuses a model that no ONNX file can hold, naming both sizes', () => {
  expect(() => onnxPieces(modelOf(512))).toThrow(expect.objectContaining({ code: 'WEIGHTS_MISMATCH', message: expect.stringMatching(/wide would be an ONNX file of 21474\d+ bytes; expected 2147483647/) as string }));
});

it('writes equal models as equal bytes, weights from where they lie', () => {
  const model = modelOf(2);
  const [first, second] = [onnxPieces(model), onnxPieces(model)];
  expect(Buffer.concat(first.slice(0, 4))).toEqual(Buffer.concat(second.slice(0, 4)));
  expect(first.filter(({ buffer }) => buffer === model.initialisers[0]?.values.buffer)).toHaveLength(2);
});
