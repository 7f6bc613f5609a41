/**
 * Our side of a measure, in a process of its own: worker.ts ENGINE MEASURE. Does the work once for each line on standard input and answers with a
 * line of JSON; worker.py does the same with PyTorch.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { BackendId } from '#main/ml/backend/backend.ts';
import { loadBackend } from '#main/ml/backend/load.ts';
import { pixelCrossEntropy } from '#main/ml/losses/cross-entropy.ts';
import { multiLabelSoftMargin } from '#main/ml/losses/soft-margin.ts';
import { gradients } from '#main/ml/nn/gradients.ts';
import { permuted } from '#main/ml/nn/host-tensor.ts';
import { fromReference, referenceShape } from '#main/ml/nn/layout.ts';
import { INFERENCE, type Pass } from '#main/ml/nn/network.ts';
import { buildNetwork } from '#main/ml/nn/networks/build.ts';
import { sgd } from '#main/ml/optim/sgd.ts';
import { randomFor, type Random } from '#main/ml/random/random.ts';
import { sumViews } from '#main/ml/stages/sum-views.ts';
import { parameterValue, plainValue } from '../parity/values.ts';
import { timeKernels } from './kernel-times.ts';
import type { Measure } from './measures.ts';

const [, , engine, text = ''] = process.argv;
const spec = JSON.parse(text) as Measure;
const backend = await loadBackend(engine as BackendId);
const { tf } = backend;
const importedBytes = residentBytes('VmRSS');

const ZEROS: Random = { unit: () => 0, between: () => 0, integer: () => 0, chance: () => false, normal: () => 0 };
const trains = spec.work.startsWith('train');
const norm = trains ? 'batch' : 'frozen';
const model = buildNetwork(backend, spec.table, { classes: spec.classes, norm, headNorm: norm, trainAll: true, forInference: !trains, random: ZEROS });
for (const { name, shape, layout, variable } of model.parameters.list()) {
  const value = fromReference(parameterValue(name, referenceShape(shape, layout)), layout);
  // The engine takes the values at once, as when weights are loaded.
  tf.tidy(() => variable.assign(tf.reshape(tf.tensor(value.values, [...shape], 'float32'), [...shape])));
}
// What filling left behind is no part of the measure.
globalThis.gc?.();

const [height, width] = spec.size;
const photos = (h: number, w: number): Float32Array => permuted(plainValue(`photo ${h} ${w}`, [spec.batch, 3, h, w]), [0, 2, 3, 1]).values;
const images = tf.tensor4d(photos(height, width), [spec.batch, height, width, 3]);
const levels = spec.scales.map((scale) => {
  const [h, w] = [Math.round(height * scale), Math.round(width * scale)];
  return { height: h, width: w, pixels: photos(h, w) };
});
const labels = Uint8Array.from({ length: spec.batch * height * width }, (_, i) => (i % 11 === 0 ? 255 : i % spec.classes));
const tags = tf.tensor2d(Float32Array.from({ length: spec.batch * spec.classes }, (_, i) => (i % 7 === 0 ? 1 : 0)), [spec.batch, spec.classes]);
const learnt = model.parameters.trainable();
const optimiser = sgd(tf, learnt, { momentum: 0.9, weightDecay: () => 1e-4, multiplier: () => 1 });
let step = 0;

/** Does the work; returns the loss, or the mean magnitude of the result. */
const WORK: Readonly<Record<Measure['work'], () => Promise<number>>> = {
  'train-segmenter': () =>
    learn((pass) => {
      const taps = new Map<string, Tensor>();
      const logits = model.forward(images, { ...pass, tap: (name, value) => taps.set(name, value) }) as Tensor4D;
      const auxiliary = pixelCrossEntropy(backend, taps.get('aux') as Tensor4D, labels);
      return tf.add<Scalar>(pixelCrossEntropy(backend, logits, labels), tf.mul<Scalar>(auxiliary, 0.5));
    }),
  'train-classifier': () => learn((pass) => multiLabelSoftMargin(tf, model.forward(images, pass) as Tensor2D, tags)),
  forward: () => magnitude(() => tf.tidy(() => model.forward(images, INFERENCE))),
  cams: () =>
    magnitude(async () => {
      const grid = { height: Math.ceil(height / 4), width: Math.ceil(width / 4) };
      return sumViews(backend, { photos: [levels], mirror: true, grid }, (views) => {
        const found: Tensor4D[] = [];
        model.forward(views, { ...INFERENCE, tap: (name, value) => (name === 'maps' ? found.push(value as Tensor4D) : 0) });
        return tf.relu(found[0] as Tensor4D);
      });
    }),
  attention: async () => {
    const maps: Tensor[] = [];
    const found = await magnitude(() =>
      tf.tidy(() => model.forward(images, { ...INFERENCE, tap: (name, value) => (name.startsWith('attention.') ? maps.push(tf.keep(tf.clone(value))) : 0) })),
    );
    if (maps.length === 0) throw new Error('no attention maps came out');
    tf.dispose(maps);
    return found;
  },
};

async function learn(loss: (pass: Pass) => Scalar): Promise<number> {
  const found = gradients(tf, learnt, () => loss({ random: randomFor(1, 'step', step++) }));
  optimiser.step(found.byName, 1e-4);
  const [value = Number.NaN] = await found.loss.data<'float32'>();
  found.dispose();
  return value;
}

async function magnitude(work: () => Tensor | Promise<Tensor>): Promise<number> {
  const result = await work();
  const y = tf.tidy(() => tf.mean(tf.abs(result)));
  const [value = Number.NaN] = await y.data<'float32'>();
  tf.dispose([result, y]);
  return value;
}

function residentBytes(field: 'VmRSS' | 'VmHWM'): number {
  const line = readFileSync('/proc/self/status', 'utf8').match(new RegExp(`${field}:\\s+(\\d+) kB`));
  return Number(line?.[1]) * 1024;
}

const say = (value: object): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ device: backend.device, description: backend.description });
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'run' && line !== 'profile') break;
  const kernels = line === 'profile' ? timeKernels(tf) : () => [];
  const [start, used] = [performance.now(), process.cpuUsage()];
  const value = await WORK[spec.work]();
  const { user, system } = process.cpuUsage(used);
  say({ seconds: (performance.now() - start) / 1000, processorSeconds: (user + system) / 1e6, value, peakBytes: residentBytes('VmHWM') - importedBytes, kernels: kernels() });
}
process.exit(0);
