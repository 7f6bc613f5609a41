import { afterEach, describe, expect, it } from 'vitest';
import { identifyProcess } from '#main/runs/watchdog/process-identity.ts';
import type { RunSettings } from '#main/runs/settings.ts';
import { MemoryRunProject } from '../support/run-project.ts';
import { openFakeRuns, pause, request, runToEnd, trainerPid } from '../support/run-helpers.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openRuns(settings: Partial<RunSettings> = {}) {
  const project = new MemoryRunProject();
  const opened = await openFakeRuns(project, settings);
  closers.push(async () => {
    await opened.service.close('cancel');
    project.remove();
  });
  return { project, ...opened };
}

const trouble = (how: string) => request('trouble', { 'trouble.how': how });

describe('a run always ends', () => {
  it('a trainer whose main thread hangs is killed and the run fails with the reason', async () => {
    const { service } = await openRuns({ heartbeatTimeoutMs: 3000 });
    const run = await runToEnd(service, trouble('block'));
    expect(run).toMatchObject({ state: 'failed', error: { code: 'TRAINER_UNRESPONSIVE', details: { step: 'trouble' } } });
    expect(run.error?.message).toMatch(/gave no sign of life for \d+ s during step "trouble" and was killed/);
    expect(run.error?.remedy).toContain('PENUMBRA_HEARTBEAT_SECONDS');
    expect(identifyProcess(await trainerPid(service, run.id))).toBeNull();
  });

  it('a hang that a fault point injects inside the training loop is found as well', async () => {
    const { service, trainerEnv } = await openRuns({ heartbeatTimeoutMs: 3000 });
    trainerEnv['PENUMBRA_FAULTS'] = 'trainer.beat=hang@5';
    const run = await runToEnd(service, request('chain'));
    expect(run).toMatchObject({ state: 'failed', error: { code: 'TRAINER_UNRESPONSIVE', details: { step: 'model' } } });
    delete trainerEnv['PENUMBRA_FAULTS'];
    await service.resume(run.id);
    expect((await service.finished(run.id)).state).toBe('done');
  });

  it('a stage that awaits for ever while the loop turns is killed after the stall time', async () => {
    const { service } = await openRuns({ heartbeatTimeoutMs: 20_000, stallTimeoutMs: 2500 });
    const run = await runToEnd(service, trouble('stall'));
    expect(run.error).toMatchObject({ code: 'TRAINER_UNRESPONSIVE' });
    expect(run.error?.message).toContain('showed no progress');
  });

  it('a crash in native code names the signal, the step and the last words', async () => {
    const { service } = await openRuns();
    const run = await runToEnd(service, trouble('segfault'));
    expect(run.error).toMatchObject({ code: 'TRAINER_CRASHED', details: { signal: 'SIGSEGV', step: 'trouble' } });
    expect(run.error?.message).toContain('a crash in native code');
    expect(run.error?.message).toContain('fake engine: about to fail');
    const { lines } = await service.log({ runId: run.id, afterLine: 0, limit: 100 });
    expect(lines.map((line) => `${line.level} ${line.message}`)).toContain('warn fake engine: about to fail');
  });

  it('a trainer that exits by itself in the middle is a crash with its exit code', async () => {
    const { service } = await openRuns();
    const run = await runToEnd(service, trouble('exit'));
    expect(run.error).toMatchObject({ code: 'TRAINER_CRASHED', details: { exitCode: 7, signal: null } });
  });

  it('an error thrown by a stage names the step and stays an error of the run', async () => {
    const { service } = await openRuns();
    const run = await runToEnd(service, trouble('throw'));
    expect(run).toMatchObject({ state: 'failed', error: { code: 'INTERNAL', message: 'Trouble (trouble) failed: x is not a tensor' } });
    expect(run.steps).toMatchObject([{ state: 'failed' }]);
  });

  it('a stage that asks for truth without declaring it is refused, and the vault is not opened', async () => {
    const { service, project } = await openRuns();
    const run = await runToEnd(service, trouble('ask-truth'));
    expect(run.error).toMatchObject({ code: 'SUPERVISION_VIOLATION' });
    expect(project.truthLog).toEqual([]);
  });

  it('a full disk ends the run with DISK_FULL and seals nothing; after a resume it is whole', async () => {
    const { service, trainerEnv } = await openRuns();
    trainerEnv['PENUMBRA_FAULTS'] = 'artifact.write=ENOSPC@5';
    const run = await runToEnd(service, request('chain'));
    expect(run).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } });
    expect(run.error?.message).toMatch(/disk full while writing im_0+2\.png \(\d+ bytes\): \d+ bytes are free in /);
    expect(service.artifacts.list({}).artifacts.map(({ manifest }) => manifest.stage)).toEqual(['fake-train']);
    delete trainerEnv['PENUMBRA_FAULTS'];
    await service.resume(run.id);
    expect((await service.finished(run.id)).state).toBe('done');
  });

  it.each(['manifest.write=ENOSPC@1', 'checkpoint.sync=ENOSPC@2'])('a full disk at %s seals nothing', async (fault) => {
    const { service, trainerEnv } = await openRuns();
    trainerEnv['PENUMBRA_FAULTS'] = fault;
    const run = await runToEnd(service, request('chain'));
    expect(run).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } });
    expect(service.artifacts.list({}).artifacts).toEqual([]);
  });

  it('a ledger that cannot be written for a while does not stop the run, and hears of its end later', async () => {
    const { service, project } = await openRuns();
    const run = await service.start(request('chain'));
    await trainerPid(service, run.id);
    project.runs.failWith = new Error('database or disk is full');
    expect((await service.finished(run.id)).state).toBe('done');
    expect(project.runs.get(run.id)?.state).toBe('running');
    project.runs.failWith = null;
    await expect.poll(() => project.runs.get(run.id)?.state).toBe('done');
  });
});

describe('cancel', () => {
  it('a cooperative stage stops at once; what was done stays for a resume', async () => {
    const { service } = await openRuns();
    const run = await service.start(request('chain', { 'model.steps': 200, 'model.stepMs': 10 }));
    await trainerPid(service, run.id);
    await pause(300);
    const startedMs = performance.now();
    const cancelled = await service.cancel(run.id);
    expect(performance.now() - startedMs).toBeLessThan(4000);
    expect(cancelled).toMatchObject({ state: 'cancelled', error: null });
    expect(cancelled.steps[0]?.state).toBe('cancelled');
    await service.resume(run.id);
    expect((await service.finished(run.id)).state).toBe('done');
    const { lines } = await service.log({ runId: run.id, afterLine: 0, limit: 1000 });
    expect(
      Number(/from step (\d+)/.exec(lines.findLast((line) => line.message.includes('from step'))?.message ?? '')?.[1]),
    ).toBeGreaterThan(0);
  });

  it('a stage that ignores the cancel is killed after the grace time of 5 s', async () => {
    const { service } = await openRuns();
    const run = await service.start(trouble('ignore-cancel'));
    const pid = await trainerPid(service, run.id);
    const startedMs = performance.now();
    const cancelled = await service.cancel(run.id);
    const elapsedMs = performance.now() - startedMs;
    expect(cancelled.state).toBe('cancelled');
    expect(elapsedMs).toBeGreaterThan(4900);
    expect(elapsedMs).toBeLessThan(8000);
    expect(identifyProcess(pid)).toBeNull();
  });

  it('a blocked main thread is killed after the grace time; a second cancel does not wait', async () => {
    const { service } = await openRuns();
    const run = await service.start(trouble('block'));
    await trainerPid(service, run.id);
    await pause(300);
    const startedMs = performance.now();
    const first = service.cancel(run.id);
    const second = service.cancel(run.id);
    expect((await first).state).toBe('cancelled');
    expect((await second).state).toBe('cancelled');
    expect(performance.now() - startedMs).toBeLessThan(4000);
  });

  it('a queued run is cancelled without ever starting', async () => {
    const { service } = await openRuns();
    const first = await service.start(trouble('wait'));
    const second = await service.start(request('chain'));
    expect(second.state).toBe('queued');
    expect(await service.cancel(second.id)).toMatchObject({ state: 'cancelled', startedAt: null });
    expect((await service.cancel(first.id)).state).toBe('cancelled');
    expect(service.get(second.id).startedAt).toBeNull();
  });
});

describe('the queue', () => {
  it('runs one at a time in the order they came, a resumed one last', async () => {
    const { service } = await openRuns();
    const order: string[] = [];
    service.subscribe((event) => {
      if (event.name === 'runs.changed' && event.payload.state === 'running' && order.at(-1) !== event.payload.id)
        order.push(event.payload.id);
    });
    const first = await service.start(trouble('wait'));
    const second = await service.start(request('chain', {}, 1));
    const third = await service.start(request('chain', {}, 2));
    expect([first.state, second.state, third.state]).toEqual(['running', 'queued', 'queued']);
    await service.cancel(first.id);
    await service.resume(first.id);
    expect((await service.finished(second.id)).state).toBe('done');
    expect((await service.finished(third.id)).state).toBe('done');
    await trainerPid(service, first.id);
    await service.cancel(first.id);
    expect(order).toEqual([first.id, second.id, third.id, first.id]);
    const ends = [second, third].map((run) => service.get(run.id));
    expect(ends[0]?.endedAt ?? '').toMatch(/^\d{4}/);
    expect((ends[0]?.endedAt ?? '') <= (ends[1]?.startedAt ?? '')).toBe(true);
  });
});
