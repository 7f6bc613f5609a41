import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import type { RunService } from '#main/runs/run-service.ts';
import { MemoryRunProject } from '../support/run-project.ts';
import { openFakeRuns, outputHashes, pause, request, runToEnd, trainerPid } from '../support/run-helpers.ts';

const projects: MemoryRunProject[] = [];

function newProject(): MemoryRunProject {
  const project = new MemoryRunProject();
  projects.push(project);
  return project;
}

let unbroken: { hashes: ReturnType<typeof outputHashes>; points: unknown };

beforeAll(async () => {
  const { service } = await openFakeRuns(newProject());
  const run = await runToEnd(service, request('chain'));
  expect(run).toMatchObject({ state: 'done', error: null });
  expect(run.steps.map((step) => step.state)).toEqual(['done', 'done', 'done', 'done']);
  unbroken = { hashes: outputHashes(service, run), points: allPoints(service, run.id) };
});

const open: RunService[] = [];
afterEach(async () => {
  for (const service of open.splice(0)) await service.close('cancel');
});
afterAll(() => {
  for (const project of projects) project.remove();
});

function allPoints(service: RunService, runId: string): unknown {
  return service.metrics({ runId, afterIndex: 0, limit: 10_000 }).points;
}

describe('a trainer killed with SIGKILL', () => {
  it.each([
    'artifact.write=kill@1',
    'artifact.sync=kill@6',
    'artifact.rename=kill@9',
    'artifact.written=kill@2',
    'artifact.written=kill@11',
    'checkpoint.between=kill@3',
    'checkpoint.write=kill@2',
    'checkpoint.rename=kill@4',
    'checkpoint.saved=kill@1',
    'seal.manifest=kill@1',
    'manifest.rename=kill@2',
    'seal.complete=kill@1',
    'seal.rename=kill@2',
    'seal.done=kill@3',
  ])('at %s: resumes to the bytes and curves of an unbroken run', async (fault) => {
    const { service, trainerEnv } = await openFakeRuns(newProject());
    open.push(service);
    trainerEnv['PENUMBRA_FAULTS'] = fault;
    const broken = await runToEnd(service, request('chain'));
    expect(broken.state).toBe('failed');
    expect(broken.error).toMatchObject({ code: 'TRAINER_CRASHED', details: { signal: 'SIGKILL' } });
    expect(broken.error?.message).toMatch(/during step "(model|refined|corrected)"/);
    expect(broken.error?.remedy).toMatch(/[Rr]esume the run/);
    expect(broken.steps.some((step) => step.state === 'failed')).toBe(true);

    delete trainerEnv['PENUMBRA_FAULTS'];
    const resumed = await service.resume(broken.id);
    expect(['queued', 'running']).toContain(resumed.state);
    const run = await service.finished(broken.id);
    expect(run).toMatchObject({ state: 'done', error: null });
    expect(outputHashes(service, run)).toEqual(unbroken.hashes);
    expect(allPoints(service, run.id)).toEqual(unbroken.points);
  });

  it('at ten random moments, one after another: resumes to the same bytes, and never starts from the beginning again', async () => {
    const { service } = await openFakeRuns(newProject());
    open.push(service);
    const slow = request('chain', { 'model.steps': 60, 'model.stepMs': 10, 'refined.count': 40, 'refined.itemMs': 10 });
    const reference = await openFakeRuns(newProject());
    open.push(reference.service);
    const expected = await runToEnd(reference.service, slow);

    let run = await service.start(slow);
    const seen = new Set<number>();
    for (let kill = 0; kill < 10; kill++) {
      const pid = await Promise.race([trainerPid(service, run.id, seen), service.finished(run.id).then(() => 0)]);
      if (pid === 0) break;
      seen.add(pid);
      await pause(Math.random() * 250);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it had just finished
      }
      run = await service.finished(run.id);
      if (run.state === 'done') break;
      expect(run.error?.code).toBe('TRAINER_CRASHED');
      run = await service.resume(run.id);
    }
    run = await service.finished(run.id);
    expect(run).toMatchObject({ state: 'done', error: null });
    expect(outputHashes(service, run)).toEqual(outputHashes(reference.service, expected));
    expect(allPoints(service, run.id)).toEqual(allPoints(reference.service, expected.id));
    expect(seen.size).toBeGreaterThan(2);
    const { lines } = await service.log({ runId: run.id, afterLine: 0, limit: 10_000 });
    const starts = lines
      .flatMap((line) => Number(/from step (\d+)/.exec(line.message)?.[1] ?? Number.NaN))
      .filter((at) => !Number.isNaN(at));
    expect(starts.at(-1)).toBeGreaterThan(0);
    expect([...starts].sort((a, b) => a - b)).toEqual(starts);
  }, 60_000);
});
