import { existsSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryRunProject } from '../support/run-project.ts';
import { openFakeRuns, outputHashes, request, runToEnd } from '../support/run-helpers.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openRuns() {
  const project = new MemoryRunProject();
  const opened = await openFakeRuns(project);
  closers.push(async () => {
    await opened.service.close('cancel');
    project.remove();
  });
  return { project, ...opened };
}

const states = (run: { steps: { step: string; state: string }[] }) => Object.fromEntries(run.steps.map((step) => [step.step, step.state]));
const edit = { imageId: 'im_0000000000000000', gestures: [new Uint8Array([1, 2])] };

describe('scoring runs', () => {
  it('score corrections as they stand now, give the rest, and leave the vault log behind', async () => {
    const { service, project } = await openRuns();
    await expect(service.startScore()).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    const run = await runToEnd(service, request('chain'));
    const before = await service.scores();
    expect(before.runId).toBe(run.id);
    expect(project.truthLog).toEqual([`fake-scores ${run.id} scores`]);

    project.editsInForce = [edit];
    const scoring = await service.finished((await service.startScore()).id);
    expect(scoring).toMatchObject({ state: 'done', scoringOf: run.id, recipe: 'chain' });
    expect(states(scoring)).toEqual({ model: 'reused', refined: 'reused', corrected: 'done', scores: 'done' });
    expect(service.stepArtifact(scoring.id, 'refined').key).toBe(service.stepArtifact(run.id, 'refined').key);
    expect(service.stepArtifact(scoring.id, 'corrected').key).not.toBe(service.stepArtifact(run.id, 'corrected').key);
    const corrected = await service.artifacts.open(service.stepArtifact(scoring.id, 'corrected').key);
    expect(new TextDecoder().decode(await corrected.read('edits.txt'))).toBe('im_0000000000000000 1');

    expect((await service.scores()).runId).toBe(scoring.id);
    expect((await service.scores(run.id)).runId).toBe(scoring.id);
    expect((await service.scores(run.id)).table.layers.map((layer) => layer.layer)).toEqual(['refined', 'corrected']);
    expect(project.truthLog).toHaveLength(2);
    // A scoring run stands for the run it scored, and nothing changed since: everything is reused, no truth is read.
    const again = await service.finished((await service.startScore(scoring.id)).id);
    expect(again.scoringOf).toBe(run.id);
    expect(states(again)).toEqual({ model: 'reused', refined: 'reused', corrected: 'reused', scores: 'reused' });
    expect(project.truthLog).toHaveLength(2);
  });

  it('say so when a run has nothing to score', async () => {
    const { service } = await openRuns();
    const run = await runToEnd(service, request('trouble', { 'trouble.how': 'throw' }));
    await expect(service.startScore(run.id)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    await expect(service.scores(run.id)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    await expect(service.scores('run_zzzzzzzzzzzz')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});

describe('artifacts by key', () => {
  it('same settings reuse everything; a changed setting runs only what lies downstream; changed tags run all', async () => {
    const { service, project } = await openRuns();
    const first = await runToEnd(service, request('chain'));
    const same = await runToEnd(service, request('chain'));
    expect(states(same)).toEqual({ model: 'reused', refined: 'reused', corrected: 'reused', scores: 'reused' });
    expect(outputHashes(service, same)).toEqual(outputHashes(service, first));
    const changed = await runToEnd(service, request('chain', { 'refined.count': 5 }));
    expect(states(changed)).toEqual({ model: 'reused', refined: 'done', corrected: 'done', scores: 'done' });
    expect(states(await runToEnd(service, request('chain', {}, 8))).model).toBe('done');
    project.tags = 'tags 2';
    expect(states(await runToEnd(service, request('chain'))).model).toBe('done');
  });

  it('two runs with one seed in two projects have identical bytes, with another seed they differ', async () => {
    const one = await openRuns();
    const two = await openRuns();
    const first = await runToEnd(one.service, request('chain'));
    const second = await runToEnd(two.service, request('chain'));
    expect(outputHashes(two.service, second)).toEqual(outputHashes(one.service, first));
    const other = await runToEnd(two.service, request('chain', {}, 8));
    expect(outputHashes(two.service, other).model).not.toEqual(outputHashes(one.service, first).model);
  });

  it('a damaged artifact is set aside with a warning and made again', async () => {
    const { service, project } = await openRuns();
    const first = await runToEnd(service, request('chain'));
    const key = service.stepArtifact(first.id, 'refined').key;
    truncateSync(join(project.dir, 'artifacts', key, 'im_0000000000000003.png'), 10);
    await expect(service.artifacts.open(key)).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' });
    const again = await runToEnd(service, request('chain'));
    expect(states(again)).toEqual({ model: 'reused', refined: 'done', corrected: 'reused', scores: 'reused' });
    expect(outputHashes(service, again)).toEqual(outputHashes(service, first));
    const { lines } = await service.log({ runId: again.id, afterLine: 0, limit: 100 });
    expect(lines.filter((line) => line.level === 'warn').map((line) => line.message)).toEqual([
      expect.stringMatching(/im_0000000000000003\.png has 10 bytes; expected \d+; it is set aside and made again/),
    ]);
    expect(await service.artifacts.reclaim(true)).toMatchObject({ keys: [key] });
  });

  it('reclaims what no kept run, pin or correction needs, and nothing else', async () => {
    const { service, project, trainerEnv } = await openRuns();
    trainerEnv['PENUMBRA_FAULTS'] = 'artifact.written=kill@8';
    const broken = await runToEnd(service, request('chain', {}, 1));
    expect(broken.state).toBe('failed');
    delete trainerEnv['PENUMBRA_FAULTS'];
    expect((await service.artifacts.reclaim(true)).keys).toEqual([]); // it may be resumed
    expect(readdirSync(join(project.dir, 'artifacts', 'staging')).filter((name) => !name.includes('.'))).toHaveLength(1);

    const done = await runToEnd(service, request('chain', {}, 2));
    const brokenModel = service.stepArtifact(broken.id, 'model').key;
    await service.close('wait'); // the sweep after the run has dropped the staging of the superseded one
    expect(readdirSync(join(project.dir, 'artifacts', 'staging'))).toEqual([]);

    service.artifacts.pin(brokenModel, true);
    expect((await service.artifacts.reclaim(true)).keys).toEqual([]);
    service.artifacts.pin(brokenModel, false);
    project.bases = [brokenModel];
    expect((await service.artifacts.reclaim(true)).keys).toEqual([]);
    project.bases = [];
    const promised = await service.artifacts.reclaim(true);
    expect(promised.keys).toEqual([brokenModel]);
    expect(existsSync(join(project.dir, 'artifacts', brokenModel))).toBe(true);
    expect(await service.artifacts.reclaim(false)).toEqual(promised);
    expect(existsSync(join(project.dir, 'artifacts', brokenModel))).toBe(false);
    expect(service.artifacts.list({}).artifacts.map(({ manifest }) => manifest.key)).not.toContain(brokenModel);
    for (const { step } of done.steps) await service.artifacts.open(service.stepArtifact(done.id, step).key);
  });
});

describe('starting', () => {
  it('refuses unknown recipes, bad settings, empty projects and missing supervision, each with its code', async () => {
    const { service, project } = await openRuns();
    await expect(service.start(request('weak'))).rejects.toMatchObject({
      code: 'RECIPE_UNKNOWN',
      message: 'there is no recipe "weak"; recipes are chain, photos, trouble',
    });
    await expect(service.start(request('chain', { 'model.steps': 0 }))).rejects.toMatchObject({ code: 'STAGE_CONFIG_INVALID' });
    const whole = project.dataset;
    project.dataset = { ...whole, images: whole.images.map((image) => ({ ...image, tags: null })) };
    await expect(service.start(request('chain'))).rejects.toMatchObject({ code: 'SUPERVISION_VIOLATION' });
    project.dataset = { ...whole, images: [] };
    await expect(service.start(request('chain'))).rejects.toMatchObject({ code: 'DATASET_EMPTY' });
    expect(await service.check(request('chain'))).toMatchObject({
      ok: false,
      findings: [{ level: 'error', message: 'the project holds no photos' }],
    });
    project.dataset = whole;
    project.readOnly = true;
    await expect(service.start(request('chain'))).rejects.toMatchObject({ code: 'PROJECT_READ_ONLY' });
    project.readOnly = false;
    expect(service.list({ offset: 0, limit: 10 })).toEqual({ total: 0, runs: [] });
  });

  it('refuses below the minimum of free disk', async () => {
    const project = new MemoryRunProject();
    const { service } = await openFakeRuns(project, { minimumFreeBytes: Number.MAX_SAFE_INTEGER });
    const { ok, findings } = await service.check(request('chain'));
    expect(ok).toBe(false);
    expect(findings).toMatchObject([
      { level: 'error', message: expect.stringMatching(/^\d+ MB are free on the project's disk$/) as string },
    ]);
    await expect(service.start(request('chain'))).rejects.toMatchObject({ code: 'DISK_FULL' });
    project.remove();
  });

  it('a done run cannot be resumed', async () => {
    const { service } = await openRuns();
    const run = await runToEnd(service, request('chain'));
    await expect(service.resume(run.id)).rejects.toMatchObject({ code: 'RUN_NOT_RESUMABLE' });
    await expect(service.resume('run_zzzzzzzzzzzz')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('reports progress with an ETA, at most ten changes a second', async () => {
    const { service } = await openRuns();
    const times: number[] = [];
    let sawEta = false;
    service.subscribe((event) => {
      if (event.name !== 'runs.changed') return;
      times.push(performance.now());
      sawEta ||= event.payload.steps.some((step) => step.etaSeconds !== null && step.etaSeconds > 0);
    });
    const run = await runToEnd(service, request('chain', { 'model.steps': 150, 'model.stepMs': 10 }));
    expect(run.steps[0]).toMatchObject({ done: 150, total: 150, unit: 'steps', etaSeconds: null });
    expect(sawEta).toBe(true);
    const spanSeconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
    const stateChanges = 2 + 2 * run.steps.length + 2;
    expect(times.length).toBeLessThanOrEqual(spanSeconds * 10 + stateChanges);
    expect(times.length).toBeGreaterThan(10);
  });
});
