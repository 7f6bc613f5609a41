/**
 * A recipe shaped as the real ones, without tensors: its layers are made from tags and photo size alone, and the real stages
 * correct and score them. Loaded by the core and by real trainer processes in place of ml/recipes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { applyCorrections } from '#main/ml/stages/apply-corrections.ts';
import { writeLabelMap } from '#main/ml/stages/label-maps-io.ts';
import { scoreLayers } from '#main/ml/stages/score-layers.ts';
import { encodeScoreMaps, scoreGrid, scoreMapsFile } from '#main/ml/stages/score-maps-io.ts';
import { step, type Recipe } from '#main/ml/recipe.ts';
import { defineStage, type ImageRecord } from '#main/ml/stage.ts';

const train = defineStage({
  id: 'tiny-train',
  version: 1,
  title: 'Tiny training',
  config: z.object({
    steps: z.int().min(1).max(10_000).default(5).meta({ title: 'Steps', unit: 'steps', source: 'none' }),
    stepMs: z.number().min(0).max(1000).default(1).meta({ title: 'Time of a step', unit: 'ms', source: 'none' }),
  }),
  inputs: { labels: { kind: 'label-maps', optional: true, summary: 'masks to learn from' } },
  output: 'model',
  reads: ['photos', 'tags'],
  usesTensors: false,
  async run(context, config) {
    context.report.log('info', `pid ${process.pid}`);
    // The second replaces the first; the others are no pictures, which must not harm the run.
    for (const title of ['Earlier', 'Photos as the net sees them'])
      context.report.sample('first-batch', title, () => ({ width: 3, height: 2, rgb: Uint8Array.from({ length: 18 }, (_, byte) => byte) }));
    context.report.sample('../first-batch', 'No name', () => ({ width: 1, height: 1, rgb: new Uint8Array(3) }));
    context.report.sample('short', 'Too short', () => ({ width: 100, height: 100, rgb: new Uint8Array(3) }));
    context.report.sample('broken', 'Broken', () => {
      throw new Error('no picture');
    });
    for (let at = 1; at <= config.steps; at++) {
      await sleep(config.stepMs);
      context.report.metric('loss', at, 'step', 1 / at);
      context.report.progress(at, config.steps, 'steps');
      await context.breathe();
    }
    await context.output.write('model.safetensors', `weights of seed ${context.seed}`);
    await context.output.write('model.json', JSON.stringify({ classes: context.dataset.classes.map((item) => item.name) }));
  },
});

const cams = defineStage({
  id: 'tiny-cams',
  version: 1,
  title: 'Tiny CAMs',
  config: z.object({}),
  inputs: { model: { kind: 'model', summary: 'classifier' } },
  output: 'score-maps',
  reads: ['photos', 'tags'],
  usesTensors: false,
  async run(context) {
    for (const image of context.dataset.images) {
      const keys = (image.tags ?? []).flatMap((tag, channel) => (tag === 1 ? [channel + 1] : []));
      const grid = scoreGrid(image);
      const data = new Float32Array(keys.length * grid.width * grid.height).fill(0.5);
      await context.output.write(scoreMapsFile(image.id), encodeScoreMaps({ keys, planes: { ...grid, count: keys.length, data } }));
    }
  },
});

/** The image's class in a band of rows: `top` is where it begins, so layers differ. */
const masks = defineStage({
  id: 'tiny-masks',
  version: 1,
  title: 'Tiny masks',
  config: z.object({ top: z.int().min(0).max(1000).default(0).meta({ title: 'First row', unit: 'px', source: 'none' }) }),
  inputs: {
    from: { kind: 'label-maps', optional: true, summary: 'masks made before' },
    cams: { kind: 'score-maps', optional: true, summary: 'scores' },
    model: { kind: 'model', optional: true, summary: 'segmenter' },
  },
  output: 'label-maps',
  reads: ['photos', 'tags'],
  usesTensors: false,
  async run(context, config) {
    for (const image of context.dataset.images) await writeLabelMap(context.output, image.id, bandOf(image, config.top));
  },
});

function bandOf(image: ImageRecord, top: number) {
  const data = new Uint8Array(image.width * image.height);
  data.fill((image.tags ?? []).indexOf(1) + 1, top * image.width);
  return { width: image.width, height: image.height, data };
}

export const recipes: readonly Recipe[] = [
  {
    id: 'tiny',
    title: 'Tiny',
    summary: 'Every layer, none of it learnt.',
    steps: {
      classifier: step(train, {}),
      cams: step(cams, { model: 'classifier' }),
      seeds: step(masks, { cams: 'cams' }, { quick: { top: 0 } }),
      refined: step(masks, { from: 'seeds' }, { quick: { top: 10 } }),
      corrected: step(applyCorrections, { masks: 'refined' }),
      segmenter: step(train, { labels: 'corrected' }),
      predictions: step(masks, { model: 'segmenter' }, { quick: { top: 20 } }),
      scores: step(scoreLayers, { cams: 'cams', seeds: 'seeds', refined: 'refined', corrected: 'corrected', segmenter: 'predictions' }),
    },
  },
  { id: 'slow', title: 'Slow', summary: 'Trains for half a minute.', steps: { classifier: step(train, {}, { quick: { steps: 3000, stepMs: 10 } }) } },
];
