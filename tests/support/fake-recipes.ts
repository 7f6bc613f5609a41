/**
 * Recipes without tensors, for tests of runs: loaded by the core and by real trainer processes in place of ml/recipes.
 * Their results depend on seed, config and inputs alone, as real stages' do.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { StoredScores } from '#shared/domain/score.ts';
import { PenumbraError } from '#shared/errors.ts';
import { step, type Recipe } from '#main/ml/recipe.ts';
import { defineStage, type ImageRecord } from '#main/ml/stage.ts';
import { eachImage } from '#main/ml/stages/each-image.ts';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

/** A training loop: a chain of hashes with a checkpoint every few steps. */
const train = defineStage({
  id: 'fake-train',
  version: 1,
  title: 'Fake training',
  config: z.object({
    steps: z.int().min(1).max(1000).default(20).meta({ title: 'Steps', unit: 'steps', source: 'none' }),
    every: z.int().min(1).max(100).default(3).meta({ title: 'Checkpoint every', unit: 'steps', source: 'none' }),
    stepMs: z.number().min(0).max(1000).default(4).meta({ title: 'Time of a step', unit: 'ms', source: 'none' }),
  }),
  inputs: {},
  output: 'model',
  reads: ['photos', 'tags'],
  usesTensors: false,
  async run(context, config) {
    const saved = await context.checkpoint.load();
    let { at, state } =
      saved === null ? { at: 0, state: hash(`start ${context.seed}`) } : Saved.parse(JSON.parse(new TextDecoder().decode(saved)));
    context.report.log('info', `pid ${process.pid}, from step ${at}`);
    while (at < config.steps) {
      await sleep(config.stepMs);
      state = hash(`${state} ${context.seed} ${at}`);
      at += 1;
      context.report.metric('loss', at, 'step', Number.parseInt(state.slice(0, 6), 16));
      context.report.progress(at, config.steps, 'steps');
      await context.breathe();
      if (at % config.every === 0) await context.checkpoint.save(new TextEncoder().encode(JSON.stringify({ at, state })));
    }
    await context.output.write('model.safetensors', state.repeat(100));
    await context.output.write('model.json', JSON.stringify({ images: context.dataset.images.length }));
  },
});
const Saved = z.object({ at: z.int(), state: z.string() });

/** A stage that goes image by image and skips what is done. */
const maps = defineStage({
  id: 'fake-maps',
  version: 1,
  title: 'Fake maps',
  config: z.object({
    count: z.int().min(1).max(1000).default(12).meta({ title: 'Maps' }),
    itemMs: z.number().default(4).meta({ title: 'Time of a map', unit: 'ms' }),
  }),
  inputs: { model: { kind: 'model', summary: 'made before' } },
  output: 'label-maps',
  reads: ['photos'],
  usesTensors: false,
  usesSeed: false,
  async run(context, config, { model }) {
    const weights = new TextDecoder().decode(await model.read('model.safetensors'));
    for (let item = 0; item < config.count; item++) {
      const name = `im_${String(item).padStart(16, '0')}.png`;
      if (!context.output.has(name)) {
        await sleep(config.itemMs);
        await context.output.write(name, hash(`${weights} ${item}`).repeat(20));
      }
      context.report.progress(item + 1, config.count, 'images');
      await context.breathe();
    }
    context.output.summarise({ maps: config.count });
  },
});

const corrected = defineStage({
  id: 'fake-corrected',
  version: 1,
  title: 'Fake corrections',
  config: z.object({}),
  inputs: { masks: { kind: 'label-maps', summary: 'to correct' } },
  output: 'label-maps',
  reads: ['edits'],
  usesTensors: false,
  usesSeed: false,
  async run(context, _config, { masks }) {
    const edits = await context.edits();
    for (const file of masks.manifest.files) await context.output.write(file.name, await masks.read(file.name));
    await context.output.write('edits.txt', edits.map((edit) => `${edit.imageId} ${edit.gestures.length}`).join('\n'));
  },
});

const scores = defineStage({
  id: 'fake-scores',
  version: 1,
  title: 'Fake scores',
  config: z.object({}),
  inputs: {
    refined: { kind: 'label-maps', optional: true, summary: 'scored' },
    corrected: { kind: 'label-maps', optional: true, summary: 'scored' },
  },
  output: 'metrics',
  reads: ['truth'],
  usesTensors: false,
  usesSeed: false,
  async run(context, _config, { refined, corrected: fixed }) {
    const truth = await context.truth('scores');
    const layers = [
      ...(refined === undefined ? [] : [{ layer: 'refined', artifact: refined.key }]),
      ...(fixed === undefined ? [] : [{ layer: 'corrected', artifact: fixed.key }]),
    ];
    const table: StoredScores = {
      layers: layers.map((layer) => ({
        ...layer,
        split: 'train',
        images: truth.length,
        miou: 0.5,
        pixelAccuracy: 0.5,
        perClass: [],
        confusion: [],
        sweep: null,
        worst: [],
      })),
    };
    await context.output.write('metrics.json', JSON.stringify(table));
  },
});

async function readPhoto(image: ImageRecord): Promise<string> {
  try {
    return await readFile(image.photoPath, 'utf8');
  } catch (cause) {
    throw new PenumbraError('FILE_MISSING', `${image.photoPath} cannot be read.`, { remedy: 'Bring it back.', cause });
  }
}

/** One file a photo, as CAMs and predictions are. */
const photoMaps = defineStage({
  id: 'fake-photo-maps',
  version: 1,
  title: 'Fake maps of photos',
  config: z.object({}),
  inputs: {},
  output: 'score-maps',
  reads: ['photos'],
  usesTensors: false,
  usesSeed: false,
  async run(context) {
    await eachImage(context, context.dataset.images, {
      isDone: (image) => context.output.has(`${image.id}.npz`),
      make: async (image) => context.output.write(`${image.id}.npz`, hash(await readPhoto(image)).repeat(20)),
    });
  },
});

/** All photos in one file, as a trained model is. */
const photoModel = defineStage({
  id: 'fake-photo-model',
  version: 1,
  title: 'Fake model of photos',
  config: z.object({}),
  inputs: { maps: { kind: 'score-maps', summary: 'made before' } },
  output: 'model',
  reads: ['photos'],
  usesTensors: false,
  async run(context, _config, { maps: made }) {
    let state = made.manifest.files.map((file) => file.sha256).join(' ');
    await eachImage(context, context.dataset.images, {
      isDone: () => false,
      make: async (image) => {
        state = hash(`${state} ${await readPhoto(image)}`);
      },
    });
    await context.output.write('model.safetensors', state);
  },
});

/** A stage that misbehaves in one way. */
const trouble = defineStage({
  id: 'fake-trouble',
  version: 1,
  title: 'Trouble',
  config: z.object({
    how: z
      .enum(['ignore-cancel', 'block', 'stall', 'segfault', 'throw', 'exit', 'ask-truth', 'wait'])
      .default('wait')
      .meta({ title: 'How' }),
  }),
  inputs: {},
  output: 'model',
  reads: [],
  usesTensors: false,
  async run(context, config) {
    context.report.log('info', `pid ${process.pid}`);
    await context.breathe();
    await sleep(150); // the log line leaves before the trouble starts
    await context.breathe();
    switch (config.how) {
      case 'ignore-cancel':
        for (;;) await sleep(50); // the loop turns, messages arrive, nobody looks at the signal
      case 'block':
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        return;
      case 'stall':
        await sleep(3_600_000);
        return;
      case 'segfault':
        process.stderr.write('fake engine: about to fail\n');
        process.kill(process.pid, 'SIGSEGV');
        await sleep(10_000);
        return;
      case 'throw':
        throw new TypeError('x is not a tensor');
      case 'exit':
        process.exit(7);
        return;
      case 'ask-truth':
        await context.truth('curiosity');
        return;
      case 'wait':
        for (;;) {
          await sleep(20);
          await context.breathe();
        }
    }
  },
});

export const recipes: readonly Recipe[] = [
  {
    id: 'chain',
    title: 'Chain',
    summary: 'Trains, makes maps, corrects and scores them.',
    steps: {
      model: step(train, {}, { full: { steps: 40 } }),
      refined: step(maps, { model: 'model' }),
      corrected: step(corrected, { masks: 'refined' }),
      scores: step(scores, { refined: 'refined', corrected: 'corrected' }),
    },
  },
  {
    id: 'photos',
    title: 'Photos',
    summary: 'Reads every photo.',
    steps: { maps: step(photoMaps, {}), model: step(photoModel, { maps: 'maps' }) },
  },
  { id: 'trouble', title: 'Trouble', summary: 'Misbehaves.', steps: { trouble: step(trouble, {}) } },
];
