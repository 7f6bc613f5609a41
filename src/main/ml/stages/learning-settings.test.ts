import { describe, expect, it } from 'vitest';
import { keyedConfig } from '../pipeline/keys.ts';
import { learningSettings } from './learning-settings.ts';
import { makeCams } from './make-cams.ts';
import { predictMasks } from './predict-masks.ts';
import { trainClassifier } from './train-classifier.ts';
import { trainSegmenter } from './train-segmenter.ts';

describe.each([trainClassifier, trainSegmenter])('$id', ({ config }) => {
  const names = Object.keys(learningSettings);

  it('has keys of before its later settings while they stand at their defaults', () => {
    const keyed = Object.keys(keyedConfig(config, config.parse({ epochs: 3 })));
    expect(keyed).toEqual(Object.keys(config.shape).filter((name) => !names.includes(name)));
    expect(keyed).toContain('learningRate');
  });

  it.each([
    ['optimiser', 'adamw'],
    ['schedule', 'cosine'],
    ['schedule', 'steps'],
    ['stepEpochs', 3],
    ['milestones', [2, 4]],
    ['stepFactor', 0.5],
    ['warmUpEpochs', 1],
    ['clipValue', 0.5],
    ['clipNorm', 1],
    ['accumulate', 2],
    ['averaging', 0.999],
  ])('has another key with %s = %s', (name, value) => {
    expect(keyedConfig(config, config.parse({ [name]: value }))).toHaveProperty(name, value);
  });
});

describe.each([makeCams, predictMasks])('$id', ({ config }) => {
  it('has another key only where several photos are computed together', () => {
    expect(keyedConfig(config, config.parse({}))).not.toHaveProperty('photosAtATime');
    expect(keyedConfig(config, config.parse({ photosAtATime: 8 }))).toHaveProperty('photosAtATime', 8);
  });
});
