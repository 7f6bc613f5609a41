import { describe, expect, it } from 'vitest';
import { estimateRun, type EarlierStep, type WantedStep } from './estimate.ts';

const wanted = (change: Partial<WantedStep> = {}): WantedStep => ({
  recipe: 'quick',
  preset: 'quick',
  step: 'classifier',
  stage: 'train',
  config: { epochs: 10, crop: 300 },
  units: 100,
  reused: false,
  ...change,
});
const earlier = (runId: string, seconds: number, change: Partial<EarlierStep> = {}): EarlierStep => ({
  runId,
  recipe: 'quick',
  preset: 'quick',
  step: 'classifier',
  stage: 'train',
  config: { epochs: 10, crop: 300 },
  seconds,
  units: 100,
  ...change,
});

describe('estimateRun', () => {
  it('adds the times of steps, each scaled by what it counts', () => {
    const cams = { step: 'cams', stage: 'make-cams', config: {} };
    const found = estimateRun([wanted({ units: 250 }), wanted({ ...cams, units: 30 })], [earlier('run_b', 40), earlier('run_b', 12, { ...cams, units: 60 })]);
    expect(found).toEqual({ seconds: 106, from: 'step times of run run_b' });
  });

  it('knows nothing when one stage has no figure', () => {
    expect(estimateRun([wanted(), wanted({ step: 'cams', stage: 'make-cams' })], [earlier('run_b', 40)])).toBeNull();
    expect(estimateRun([wanted()], [])).toBeNull();
  });

  it('counts steps that are made already as nothing, known or not', () => {
    expect(estimateRun([wanted({ reused: true }), wanted({ step: 'second' })], [earlier('run_b', 40)])).toEqual({
      seconds: 40,
      from: 'step times of run run_b; 1 of 2 steps are made already',
    });
    expect(estimateRun([wanted({ reused: true, stage: 'never-run' })], [])).toEqual({ seconds: 0, from: 'every step is made already' });
  });

  it('takes figures of the same settings before newer ones of others; another number of epochs is no other setting', () => {
    const others = earlier('run_c', 900, { config: { epochs: 10, crop: 600 } });
    const same = earlier('run_b', 20, { config: { epochs: 5, crop: 300 }, units: 50 });
    expect(estimateRun([wanted()], [others, same])).toEqual({ seconds: 40, from: 'step times of run run_b' });
    expect(estimateRun([wanted()], [others])).toEqual({ seconds: 900, from: 'step times of run run_c; with other settings in classifier' });
    expect(estimateRun([wanted()], [earlier('run_a', 7, { config: null })])?.from).toContain('other settings');
  });

  it('takes figures of the same step and preset before those of the stage elsewhere', () => {
    const elsewhere = earlier('run_c', 900, { step: 'segmenter' });
    const otherPreset = earlier('run_d', 700, { preset: 'full' });
    expect(estimateRun([wanted()], [elsewhere, otherPreset, earlier('run_b', 20)])?.seconds).toBe(20);
    expect(estimateRun([wanted()], [elsewhere, otherPreset])?.seconds).toBe(700);
    expect(estimateRun([wanted()], [elsewhere])?.seconds).toBe(900);
  });

  it('takes the middle of the newest five', () => {
    const seconds = [30, 1, 50, 40, 45, 10_000];
    expect(estimateRun([wanted()], seconds.map((value, at) => earlier(`run_${at}`, value)))).toEqual({ seconds: 40, from: 'step times of 5 earlier runs' });
  });

  it('does not scale what counted nothing', () => {
    expect(estimateRun([wanted()], [earlier('run_b', 3, { units: 0 })])?.seconds).toBe(3);
  });
});
