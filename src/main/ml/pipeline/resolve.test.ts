import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { PenumbraError } from '#shared/errors.ts';
import { step, type Recipe } from '../recipe.ts';
import { defineStage } from '../stage.ts';
import { describeRecipe } from './describe.ts';
import { planRun, validateRecipe } from './graph.ts';
import { resolveConfigs } from './resolve.ts';

const trainer = defineStage({
  id: 'train',
  version: 1,
  title: 'Train',
  config: z.object({
    epochs: z.int().min(1).max(200).default(10).meta({ title: 'Epochs', unit: 'epochs', source: 'IRN train_cam.py' }),
    learningRate: z.number().positive().max(10).default(0.1).meta({ title: 'Learning rate', source: 'methods/cam.md §0' }),
    schedule: z.enum(['poly', 'constant']).default('poly').meta({ title: 'Schedule' }),
    scales: z.array(z.number().positive()).min(1).default([1]).meta({ title: 'Scales' }),
    frozen: z.int().default(0),
  }),
  inputs: {},
  output: 'model',
  reads: ['photos', 'tags'],
  usesTensors: true,
  run: () => Promise.resolve(),
});
const cams = defineStage({
  id: 'cams',
  version: 1,
  title: 'CAMs',
  config: z.object({}),
  inputs: { model: { kind: 'model', summary: 'trained' }, extra: { kind: 'boxes', optional: true, summary: 'hints' } },
  output: 'score-maps',
  reads: ['photos'],
  usesTensors: true,
  run: () => Promise.resolve(),
});
const recipe: Recipe = {
  id: 'small',
  title: 'Small',
  summary: 'For tests.',
  steps: {
    model: step(trainer, {}, { quick: { epochs: 2 }, full: { epochs: 50, scales: [0.5, 1] } }),
    cams: step(cams, { model: 'model' }),
  },
};

function errorOf(action: () => unknown): PenumbraError {
  try {
    action();
  } catch (error) {
    if (error instanceof PenumbraError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('resolveConfigs', () => {
  it('takes defaults, then the preset, then what was set', () => {
    expect(resolveConfigs(recipe, 'quick', { 'model.learningRate': 0.5 })['model']).toEqual({
      epochs: 2,
      learningRate: 0.5,
      schedule: 'poly',
      scales: [1],
      frozen: 0,
    });
    expect(resolveConfigs(recipe, 'full', { 'model.epochs': 7 })['model']).toMatchObject({ epochs: 7, scales: [0.5, 1] });
  });

  it.each<[string, Record<string, never>, RegExp]>([
    ['too small', { 'model.epochs': 0 as never }, /^model\.epochs = 0: .*; expected a whole number from 1 up to 200$/],
    ['not whole', { 'model.epochs': 1.5 as never }, /^model\.epochs = 1\.5: .*; expected a whole number from 1 up to 200$/],
    ['text for a number', { 'model.epochs': '3' as never }, /^model\.epochs = "3": /],
    ['not positive', { 'model.learningRate': -1 as never }, /^model\.learningRate = -1: .*; expected a number above 0 up to 10$/],
    ['not a choice', { 'model.schedule': 'cosine' as never }, /; expected one of "poly", "constant"$/],
    ['wrong item', { 'model.scales': [1, 'x'] as never }, /^model\.scales = \[1,"x"\]: .*; expected a list, each a number above 0$/],
    [
      'unknown key',
      { 'model.learningRat': 1 as never },
      /^model\.learningRat: "Train" has no setting "learningRat" \(did you mean "learningRate"\?\).*epochs, learningRate/,
    ],
    [
      'unknown step',
      { 'modle.epochs': 1 as never },
      /recipe "small" has no step "modle" \(did you mean "model"\?\); its steps are model, cams$/,
    ],
    ['inherited name', { 'model.toString': 1 as never }, /has no setting "toString"/],
    ['inherited step', { 'constructor.name': 1 as never }, /has no step "constructor"/],
  ])('refuses %s, naming step.key, value and what is accepted', (_case, overrides, message) => {
    const error = errorOf(() => resolveConfigs(recipe, 'quick', overrides));
    expect(error.code).toBe('STAGE_CONFIG_INVALID');
    expect(error.message).toMatch(message);
    expect(error.remedy).not.toBe('');
  });

  it('refuses a preset that sets what the stage does not have', () => {
    const broken: Recipe = { ...recipe, steps: { model: { ...step(trainer, {}), presets: { quick: { epoch: 3 } } } } };
    expect(errorOf(() => resolveConfigs(broken, 'quick', {})).message).toMatch(
      /no setting "epoch" \(did you mean "epochs"\?\) \(preset "quick"/,
    );
  });
});

describe('describeRecipe', () => {
  it('derives fields from the schema: title, unit, source, default, range', () => {
    const described = describeRecipe(recipe);
    expect(described.steps.map(({ step: name, inputs }) => [name, inputs])).toEqual([
      ['model', {}],
      ['cams', { model: 'model' }],
    ]);
    expect(described.steps[0]?.fields).toMatchObject([
      {
        key: 'epochs',
        title: 'Epochs',
        unit: 'epochs',
        source: 'IRN train_cam.py',
        default: 10,
        schema: { type: 'integer', minimum: 1, maximum: 200 },
      },
      {
        key: 'learningRate',
        title: 'Learning rate',
        unit: null,
        source: 'methods/cam.md §0',
        default: 0.1,
        schema: { type: 'number', exclusiveMinimum: 0, maximum: 10 },
      },
      { key: 'schedule', schema: { type: 'string', enum: ['poly', 'constant'] } },
      { key: 'scales', default: [1], schema: { type: 'array' } },
      { key: 'frozen', title: 'frozen', default: 0 },
    ]);
    expect(described.steps[0]?.fields[0]?.schema).not.toHaveProperty('$schema');
    expect(described.steps[0]?.presets).toEqual({ quick: { epochs: 2 }, full: { epochs: 50, scales: [0.5, 1] } });
  });
});

describe('validateRecipe', () => {
  const camsFrom = (from: Record<string, string>): Recipe => ({
    ...recipe,
    steps: { model: step(trainer, {}), cams: { ...step(cams, {}), from } },
  });

  it('accepts a graph whose inputs come from earlier steps of the right kind', () => {
    expect(() => validateRecipe(recipe)).not.toThrow();
  });

  it.each<[string, Recipe, string]>([
    [
      'a later step',
      { ...recipe, steps: { cams: step(cams, { model: 'model' }), model: step(trainer, {}) } },
      'comes from "model", which is not an earlier step; earlier steps are none',
    ],
    ['itself', { ...recipe, steps: { cams: step(cams, { model: 'cams' }) } }, 'comes from "cams", which is not an earlier step'],
    ['a step of another kind', camsFrom({ model: 'model', extra: 'model' }), 'input "extra" takes boxes, but step "model" makes model'],
    ['an input that does not exist', camsFrom({ model: 'model', masks: 'model' }), 'stage "cams" has no input "masks"'],
    ['nothing, though required', camsFrom({}), 'input "model" (model) comes from nowhere'],
    ['no steps', { ...recipe, steps: {} }, 'recipe "small" has no steps'],
  ])('refuses an input from %s', (_case, broken, message) => {
    expect(errorOf(() => validateRecipe(broken)).message).toContain(message);
  });
});

describe('planRun', () => {
  it('runs everything when nothing is given', () => {
    expect(planRun(recipe, {}, null).steps).toEqual([
      { name: 'model', given: null, from: {} },
      { name: 'cams', given: null, from: { model: 'model' } },
    ]);
  });

  it('lets a given artifact stand in for its step', () => {
    expect(planRun(recipe, { model: 'a' }, ['cams']).steps).toEqual([
      { name: 'model', given: 'a', from: {} },
      { name: 'cams', given: null, from: { model: 'model' } },
    ]);
  });

  it('refuses to run a step whose required input is left out', () => {
    expect(errorOf(() => planRun(recipe, {}, ['cams']))).toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: 'step "cams" needs the output of step "model", which was not made',
    });
  });

  it('refuses names that are no steps', () => {
    expect(errorOf(() => planRun(recipe, { seeds: 'a' }, null)).message).toContain('no step "seeds"');
  });
});
