import { describe, expect, it } from 'vitest';
import type { ImageRecord } from '#main/ml/stage.ts';
import { grantedMasks } from '#main/ml/stages/granted-masks.ts';
import { trainClassifier } from '#main/ml/stages/train-classifier.ts';
import { trainSegmenter } from '#main/ml/stages/train-segmenter.ts';
import { quickClassifier, quickSegmenter } from '#main/ml/recipes/quick.ts';
import { weightsFile } from '../../scripts/lib/cache.mjs';
import { engineTrouble, useEngine } from '../support/engines.ts';
import { sampleClasses, sampleImages } from '../support/sample-images.ts';
import { createStageContext, MemoryArtifact, type TestContext } from '../support/stage-context.ts';

/*
 * The training stages of weak-baseline's quick preset on WebGPU, on photos of 33 px, against the native engine. The whole recipe, which takes minutes in
 * software, is compared by scripts/engines-agree.
 */
const STEPS = 3;
/** 40 s of processor time in software; more by the clock on a busy machine. */
const SOFTWARE_LIMIT_MS = 600_000;
const photos: ImageRecord[] = sampleImages('train', 2);

/** Losses of both stages, step by step. */
async function losses(id: 'native' | 'webgpu'): Promise<number[]> {
  const backend = await useEngine(id);
  const before = backend.tf.memory().numTensors;
  const context = (output: MemoryArtifact): TestContext =>
    createStageContext({ backend, seed: 3, images: photos, classes: sampleClasses, weights: (name) => Promise.resolve(weightsFile(name)), output });
  const classifier = context(new MemoryArtifact('model', 'classifier'));
  const classifierConfig = trainClassifier.config.parse({ ...quickClassifier, epochs: STEPS, batchSize: 2, longSideFrom: 33, longSideTo: 33, views: 1, validationSplit: 'none' });
  await trainClassifier.run(classifier, classifierConfig, {});
  const labels = new MemoryArtifact('label-maps', 'granted');
  await grantedMasks.run(context(labels), grantedMasks.config.parse({}), {});
  const segmenter = context(new MemoryArtifact('model', 'segmenter'));
  const segmenterConfig = trainSegmenter.config.parse({ ...quickSegmenter, epochs: STEPS, batchSize: 2, decoderChannels: 16, longSide: 40, crop: 33, views: 1 });
  await trainSegmenter.run(segmenter, segmenterConfig, { labels, classifier: undefined });
  expect(backend.tf.memory().numTensors, `${id}: tensors left behind`).toBe(before);
  return [classifier, segmenter].flatMap(({ metrics }) => metrics.filter(({ series }) => series === 'loss').map(({ value }) => value));
}

describe('the training stages on WebGPU', () => {
  const trouble = engineTrouble('webgpu');
  it.skipIf(trouble !== null)(`lose what they lose on the native engine, step by step${trouble === null ? '' : `; skipped: ${trouble}`}`, async () => {
    const expected = await losses('native');
    expect(expected).toHaveLength(2 * STEPS);
    const found = await losses('webgpu');
    found.forEach((loss, step) => expect(Math.abs(loss - (expected[step] ?? Number.NaN)), `step ${step}: ${loss}, native ${expected[step] ?? 'none'}`).toBeLessThan(1e-3));
  }, SOFTWARE_LIMIT_MS);
});
