import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type * as z from 'zod';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { loadBackend } from '#main/ml/backend/load.ts';
import { decodeLabelPng } from '#main/images/palette-png.ts';
import { openSafetensors } from '#main/ml/weights/safetensors/read.ts';
import { bytesSource } from '#shared/formats/byte-source.ts';
import type { ImageRecord } from '#main/ml/stage.ts';
import { grantedMasks } from '#main/ml/stages/granted-masks.ts';
import { makeCams } from '#main/ml/stages/make-cams.ts';
import { predictMasks } from '#main/ml/stages/predict-masks.ts';
import { readScoreMaps, scoreGrid } from '#main/ml/stages/score-maps-io.ts';
import { trainClassifier, type classifierConfig } from '#main/ml/stages/train-classifier.ts';
import { trainSegmenter, type segmenterConfig } from '#main/ml/stages/train-segmenter.ts';
import { weightsFile } from '../../scripts/lib/cache.mjs';
import { sampleClasses, sampleImages } from '../support/sample-images.ts';
import { createStageContext, MemoryArtifact, testImageId, type TestContext, type TestContextOptions } from '../support/stage-context.ts';

const photos = sampleImages('train', 5);
const missing: ImageRecord = { ...(photos[0] as ImageRecord), id: testImageId(99), name: 'gone', photoPath: '/nowhere/gone.jpg' };
const validation = sampleImages('val', 2);

const tinyClassifier = {
  epochs: 6,
  batchSize: 3,
  longSideFrom: 64,
  longSideTo: 80,
  crop: 64,
  learningRate: 0.005,
  checkpointEvery: 1,
  validateEvery: 3,
} satisfies Partial<z.input<typeof classifierConfig>>;

const tinySegmenter = {
  epochs: 6,
  batchSize: 3,
  decoderChannels: 16,
  longSide: 80,
  crop: 65,
  learningRate: 0.005,
  checkpointEvery: 1,
} satisfies Partial<z.input<typeof segmenterConfig>>;

let backend: TensorBackend;

beforeAll(async () => {
  backend = await loadBackend('native');
  expect(existsSync(weightsFile('efficientnet-lite0')), 'backbone weights: run npm run setup').toBe(true);
});

function context(images: readonly ImageRecord[], options: TestContextOptions = {}): TestContext {
  return createStageContext({
    backend,
    seed: 3,
    images,
    classes: sampleClasses,
    weights: (name) => Promise.resolve(weightsFile(name)),
    output: new MemoryArtifact('model', `model ${Math.abs(images.length)}`),
    ...options,
  });
}

/** sha256 of a file: comparing megabytes element by element would take minutes. */
const digest = (artifact: MemoryArtifact, file: string) =>
  createHash('sha256')
    .update(artifact.files.get(file) ?? '')
    .digest('hex');
const losses = (made: TestContext) => made.metrics.filter((point) => point.series === 'loss').map((point) => point.value);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

type Run = (made: TestContext) => Promise<void>;

/** Runs to the end, then again with a stop at each of these steps and a resume; all weights must agree in every bit. */
async function expectResumable(run: Run, images: readonly ImageRecord[], stops: readonly number[]): Promise<TestContext> {
  const whole = context(images);
  await run(whole);
  const expected = digest(whole.output, 'model.safetensors');
  const again = context(images);
  await run(again);
  expect(digest(again.output, 'model.safetensors')).toBe(expected);
  let checkpoint: Uint8Array | undefined;
  for (const stopAt of stops) {
    const abort = new AbortController();
    const part: TestContext = context(images, {
      signal: abort.signal,
      onBreathe: () => (losses(part).length >= stopAt ? abort.abort() : undefined),
      ...(checkpoint === undefined ? {} : { checkpoint }),
    });
    await expect(run(part)).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    checkpoint = part.checkpoints.at(-1);
  }
  if (checkpoint === undefined) throw new Error('no checkpoint was written');
  const resumed = context(images, { checkpoint });
  await run(resumed);
  expect(losses(resumed).length).toBeLessThan(losses(whole).length);
  expect(digest(resumed.output, 'model.safetensors')).toBe(expected);
  return whole;
}

describe('train-classifier', () => {
  it.each([
    ['the head alone, on kept features', { firstTrainedBlock: 17, views: 2 }],
    ['the last blocks, on new views', { firstTrainedBlock: 14, views: 0 }],
  ])('learns %s; stopped twice and resumed it ends with the same bits; nothing leaks', async (_, settings) => {
    const config = trainClassifier.config.parse({ ...tinyClassifier, ...settings });
    const before = backend.tf.memory().numTensors;
    const made = await expectResumable((part) => trainClassifier.run(part, config, {}), photos, [2, 3]);
    expect(backend.tf.memory().numTensors).toBe(before);
    const curve = losses(made);
    expect(curve).toHaveLength(6);
    expect(made.sampled.map(({ name }) => name)).toEqual(['first-batch']);
    expect(mean(curve.slice(-2))).toBeLessThan(mean(curve.slice(0, 2)));
  });

  it('leaves an unreadable photo out with a warning that names it, and scores the validation split', async () => {
    const made = context([...photos, missing, ...validation]);
    await trainClassifier.run(made, trainClassifier.config.parse({ ...tinyClassifier, firstTrainedBlock: 17, batchSize: 6, epochs: 3 }), {});
    const warnings = made.logged.filter((line) => line.level === 'warn' && line.message.includes('gone'));
    expect(warnings).toHaveLength(1);
    expect(made.output.facts).toMatchObject({ photos: 6, leftOut: 1 });
    const curve = made.metrics.filter((point) => point.series === 'mapVal');
    expect(curve.map((point) => point.x)).toEqual([3]);
    expect(curve[0]?.value).toBeGreaterThan(0);
  });

  it('refuses a split without tags', async () => {
    const untagged = photos.map((image) => ({ ...image, tags: null }));
    await expect(trainClassifier.run(context(untagged), trainClassifier.config.parse(tinyClassifier), {})).rejects.toMatchObject({ code: 'SPLIT_EMPTY' });
  });
});

describe('make-cams', () => {
  let model: MemoryArtifact;
  beforeAll(async () => {
    const made = context(photos);
    await trainClassifier.run(made, trainClassifier.config.parse({ ...tinyClassifier, firstTrainedBlock: 17 }), {});
    model = made.output;
  });

  it('gives each tagged class of each photo one map with maximum 1; an unreadable photo is left out', async () => {
    const before = backend.tf.memory().numTensors;
    const made = context([...photos, missing], { output: new MemoryArtifact('score-maps', 'cams') });
    await makeCams.run(made, makeCams.config.parse({ longSide: 96, scales: [0.75, 1] }), { model });
    expect(made.sampled.length).toBeGreaterThan(0);
    for (const { name, picture } of made.sampled) {
      expect(name).toMatch(/^photo-[1-8]$/);
      expect(picture.rgb).toHaveLength(picture.width * picture.height * 3);
    }
    expect(backend.tf.memory().numTensors).toBe(before);
    expect(made.output.files.size).toBe(photos.length);
    expect(made.logged.some((line) => line.level === 'warn' && line.message.includes('gone'))).toBe(true);
    for (const image of photos) {
      const { keys, planes } = await readScoreMaps(made.output, image);
      expect(keys).toEqual(sampleClasses.filter((item) => image.tags?.[item.index - 1] === 1).map((item) => item.index));
      expect({ width: planes.width, height: planes.height }).toEqual(scoreGrid(image));
      const area = planes.width * planes.height;
      keys.forEach((_, plane) => {
        const values = planes.data.subarray(plane * area, (plane + 1) * area);
        const largest = values.reduce((a, b) => Math.max(a, b), 0);
        expect(largest === 0 || Math.abs(largest - 1) < 0.01).toBe(true);
        expect(values.every((value) => value >= 0)).toBe(true);
      });
    }
  });

  it('makes the missing maps alone when it goes on after an interruption', async () => {
    const made = context(photos, { output: new MemoryArtifact('score-maps', 'cams') });
    const sentinel = new Uint8Array([1, 2, 3]);
    const [first] = photos;
    await made.output.write(`${first?.id ?? ''}.npz`, sentinel);
    await makeCams.run(made, makeCams.config.parse({ longSide: 96, scales: [1], mirror: false }), { model });
    expect(made.output.files.get(`${first?.id ?? ''}.npz`)).toEqual(sentinel);
    expect(made.output.files.size).toBe(photos.length);
  });

  it('gives each photo the maps that it has by itself when photos of one size go together', async () => {
    const [first, second] = photos as [ImageRecord, ImageRecord];
    const otherTags = (first.tags ?? []).map((tag, channel) => (channel === 3 && tag === 0 ? 1 : tag));
    const images: ImageRecord[] = [first, second, missing, { ...first, id: testImageId(70), tags: otherTags }, { ...first, id: testImageId(71), tags: otherTags.map(() => 0 as const) }];
    const made = async (photosAtATime: number): Promise<MemoryArtifact> => {
      const run = context(images, { output: new MemoryArtifact('score-maps', 'cams') });
      await makeCams.run(run, makeCams.config.parse({ longSide: 96, scales: [0.75, 1], photosAtATime }), { model });
      expect(run.progressed.at(-1)).toEqual({ done: 5, total: 5, unit: 'images' });
      return run.output;
    };
    const before = backend.tf.memory().numTensors;
    const [alone, together] = [await made(1), await made(3)];
    expect(backend.tf.memory().numTensors).toBe(before);
    expect([...together.files.keys()].sort()).toEqual([...alone.files.keys()].sort());
    for (const image of images.filter((one) => one !== missing)) {
      const [expected, found] = [await readScoreMaps(alone, image), await readScoreMaps(together, image)];
      expect(found.keys).toEqual(expected.keys);
      expect(found.planes.data.every((value, at) => Math.abs(value - (expected.planes.data[at] ?? Number.NaN)) < 2e-3)).toBe(true);
    }
  });

  it('refuses a model of other classes', async () => {
    const made = context(photos, { classes: sampleClasses.slice(0, 3), output: new MemoryArtifact('score-maps', 'cams') });
    await expect(makeCams.run(made, makeCams.config.parse({}), { model })).rejects.toMatchObject({ code: 'WEIGHTS_MISMATCH' });
  });
});

describe('train-segmenter and predict-masks', () => {
  let labels: MemoryArtifact;
  beforeAll(async () => {
    labels = new MemoryArtifact('label-maps', 'granted');
    await grantedMasks.run(context(photos, { output: labels }), grantedMasks.config.parse({}), {});
    expect(labels.files.size).toBe(photos.length);
  });

  it.each([
    ['the decoder alone, on kept features', { firstTrainedBlock: 16, views: 2 }],
    ['the last blocks, on new views', { firstTrainedBlock: 13, views: 0 }],
  ])('learns %s; stopped twice and resumed it ends with the same bits; nothing leaks', async (_, settings) => {
    const config = trainSegmenter.config.parse({ ...tinySegmenter, ...settings });
    const before = backend.tf.memory().numTensors;
    const made = await expectResumable((part) => trainSegmenter.run(part, config, { labels, classifier: undefined }), photos, [2, 3]);
    expect(made.sampled.map(({ name }) => name)).toEqual(['first-batch']);
    expect(backend.tf.memory().numTensors).toBe(before);
    const curve = losses(made);
    expect(mean(curve.slice(-2))).toBeLessThan(mean(curve.slice(0, 2)));

    const masks = context([...photos, missing, ...validation], { output: new MemoryArtifact('label-maps', 'predicted') });
    await predictMasks.run(masks, predictMasks.config.parse({ longSide: 96, scales: [0.75, 1] }), { model: made.output });
    expect(backend.tf.memory().numTensors).toBe(before);
    expect(masks.output.files.size).toBe(photos.length + validation.length);
    for (const image of [...photos, ...validation]) {
      const { map } = decodeLabelPng(masks.output.files.get(`${image.id}.png`) ?? new Uint8Array(), image.name);
      expect({ width: map.width, height: map.height }).toEqual({ width: image.width, height: image.height });
      expect(map.data.every((label) => label <= sampleClasses.length)).toBe(true);
    }
  });

  it('starts from the classifier’s backbone when asked', async () => {
    const trained = context(photos);
    await trainClassifier.run(trained, trainClassifier.config.parse({ ...tinyClassifier, epochs: 1, firstTrainedBlock: 15 }), {});
    const weightsOf = (artifact: MemoryArtifact, name: string): Buffer => {
      const values = openSafetensors(bytesSource(artifact.files.get('model.safetensors') ?? new Uint8Array()), 'model').tensors.get(name)?.values();
      return Buffer.from(Float32Array.from(values ?? []).buffer);
    };
    const made = context(photos);
    const config = trainSegmenter.config.parse({ ...tinySegmenter, epochs: 1, firstTrainedBlock: 16, start: 'classifier' });
    await trainSegmenter.run(made, config, { labels, classifier: trained.output });
    const name = '_blocks.15._project_conv.weight';
    expect(Buffer.compare(weightsOf(made.output, name), weightsOf(trained.output, name))).toBe(0);
    const plain = context(photos);
    await trainSegmenter.run(plain, trainSegmenter.config.parse({ ...config, start: 'imagenet' }), { labels, classifier: trained.output });
    expect(Buffer.compare(weightsOf(plain.output, name), weightsOf(trained.output, name))).not.toBe(0);
  });

  it('refuses to learn where nothing is labelled', async () => {
    const empty = new MemoryArtifact('label-maps', 'empty');
    await expect(trainSegmenter.run(context(photos), trainSegmenter.config.parse(tinySegmenter), { labels: empty, classifier: undefined })).rejects.toMatchObject({
      code: 'SPLIT_EMPTY',
    });
  });

  it('refuses to start from a classifier that the recipe does not give', async () => {
    const config = trainSegmenter.config.parse({ ...tinySegmenter, start: 'classifier' });
    await expect(trainSegmenter.run(context(photos), config, { labels, classifier: undefined })).rejects.toMatchObject({ code: 'STAGE_CONFIG_INVALID', details: { key: 'start' } });
  });
});
