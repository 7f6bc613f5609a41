import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '#main/ml/nn/host-tensor.ts';
import { referenceShape } from '#main/ml/nn/layout.ts';
import { buildNetwork } from '#main/ml/nn/networks/build.ts';
import type { NetworkEntry } from '#main/ml/nn/networks/catalogue.ts';
import { forward } from '#main/ml/nn/networks/forward.ts';
import { exportOnnx } from '#main/ml/onnx/export.ts';
import { onnxPieces } from '#main/ml/onnx/model-file.ts';
import { recordNetwork } from '#main/ml/onnx/record-network.ts';
import type { Random } from '#main/ml/random/random.ts';
import { writeSafetensors } from '#main/ml/weights/safetensors/write.ts';
import type { ParityCase } from '../../scripts/parity/reference-file.ts';
import { parameterValue, plainValue } from '../../scripts/parity/values.ts';
import { useEngine } from '../support/engines.ts';

// The same small networks of every family and head that parity.test.ts compares with PyTorch.
const cases = (JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/parity/cases.json'), 'utf8')) as ParityCase[])
  // In full size, it is converted by the command in model-commands.test.ts.
  .filter(({ name }) => name !== 'efficientnet-lite0-published');
/** Relative to the largest value. */
const TOLERANCE = 1e-4;
/** Its threads wait by spinning, which costs more than these networks. */
const ONE_THREAD = { intraOpNumThreads: 1 };
/** Initial values are all replaced. */
const ZEROS: Random = { unit: () => 0, between: () => 0, integer: () => 0, chance: () => false, normal: () => 0 };

function deviation(found: Float32Array, expected: Float32Array): number {
  let [difference, magnitude] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs(value - (found[i] ?? Number.NaN)));
    magnitude = Math.max(magnitude, Math.abs(value));
  }
  return difference / magnitude;
}

async function filled({ name, table, classes }: ParityCase) {
  const model = buildNetwork(await useEngine('native'), table, { classes, norm: 'frozen', random: ZEROS });
  const weights = new Map(model.parameters.list().map((item): [string, HostTensor] => [item.name, parameterValue(item.name, referenceShape(item.shape, item.layout))]));
  const taps = model.taps.map((tap) => tap.name);
  model.parameters.dispose();
  const entry: NetworkEntry = { title: name, reference: 'none', input: 'imagenet', classes, table };
  return { weights, taps, entry };
}

describe('onnxruntime makes the same of every network', () => {
  it.each(cases.map((item) => [item.name, item] as const))('%s: logits and every tap', async (_, item) => {
    const { name, classes, size, batch } = item;
    const backend = await useEngine('native');
    const before = backend.tf.memory().numTensors;
    const { weights, taps, entry } = await filled(item);
    const request = { name, entry, classes, weights, source: 'values of names', taps };
    const input = plainValue('input.0', [batch, 3, ...size]);
    const { results: expected } = await forward(backend, { ...request, input });

    const file = Buffer.concat(onnxPieces(await recordNetwork({ ...request, size })));
    const session = await InferenceSession.create(file, ONE_THREAD);
    const found = await session.run({ images: new Tensor('float32', input.values, [...input.shape]) });

    expect(new Set(session.outputNames)).toEqual(new Set(['logits', ...taps]));
    for (const [output, { shape, values }] of expected) {
      const result = found[output];
      expect(result?.dims, output).toEqual([...shape]);
      expect(deviation(result?.data as Float32Array, values), output).toBeLessThan(TOLERANCE);
    }
    expect(backend.tf.getBackend()).toBe('tensorflow');
    expect(backend.tf.memory().numTensors, 'tensors left behind').toBe(before);
  });
});

it('leaves out what no output needs, and says so', async () => {
  const item = cases.find(({ name }) => name === 'deeplabv3');
  if (item === undefined) throw new Error('the case is gone');
  const { weights, entry } = await filled(item);
  const folder = mkdtempSync(join(tmpdir(), 'penumbra-onnx-'));
  try {
    const [input, output] = [join(folder, 'in.safetensors'), join(folder, 'out.onnx')];
    const counter: [string, HostTensor] = ['backbone.bn1.num_batches_tracked', { shape: [], values: Float32Array.of(3) }];
    writeFileSync(input, writeSafetensors(new Map([...weights, counter])));
    const options = { name: 'small', entry, classes: item.classes, size: item.size, taps: [], roundToFloat32: false };
    const { leftOut, tensors } = await exportOnnx(input, output, options);
    const auxiliary = [...weights.keys()].filter((key) => key.startsWith('aux_classifier.'));
    expect(leftOut).toEqual([...auxiliary.sort().map((key) => ({ key, what: 'no output needs it' })), { key: '*.num_batches_tracked', what: '1 counters of training steps' }]);
    expect(tensors).toBe(weights.size - auxiliary.length);
    expect((await InferenceSession.create(output, ONE_THREAD)).outputNames).toEqual(['logits']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
