import { afterAll, beforeAll, expect, test } from 'vitest';
import { runs } from '#shared/contract/index.ts';
import { setStage, type Stage } from './scene.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.strike());

test('runs.check tells how long a run will take, from an earlier one', async () => {
  const { client, scene } = stage;
  const again = await client.call(runs.checkRun, { recipe: 'tiny' });
  expect(again).toMatchObject({ ok: true, estimateSeconds: 0 });
  expect(again.estimateFrom).toMatch(/made already/);

  const otherSeed = await client.call(runs.checkRun, { recipe: 'tiny', seed: 5 });
  expect(otherSeed.estimateSeconds).toEqual(expect.any(Number));
  expect(otherSeed.estimateFrom).toBe(`step times of run ${scene.runId}`);

  const otherSettings = await client.call(runs.checkRun, { recipe: 'tiny', overrides: { 'refined.top': 30 } });
  expect(otherSettings.estimateFrom).toBe(`step times of run ${scene.runId}; 3 of 8 steps are made already; with other settings in refined`);
});

test('runs.check knows no time of a run that would not start', async () => {
  const none = await stage.client.call(runs.checkRun, { recipe: 'tiny', overrides: { 'classifier.steps': 6 }, backend: 'webgpu' });
  expect(none).toMatchObject({ estimateSeconds: null, estimateFrom: null });
});
