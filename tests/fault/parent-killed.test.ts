import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { identifyProcess, isRunning, type ProcessIdentity } from '#main/runs/watchdog/process-identity.ts';
import { openProject } from '#main/project/open.ts';
import { openRunService } from '#main/runs/project-runs.ts';
import { fakeRecipes } from '../support/run-project.ts';
import { outputHashes, pause, request, runToEnd } from '../support/run-helpers.ts';
import { makeSmallProject } from '../support/small-project.ts';

const coreScript = fileURLToPath(new URL('../support/core-process.ts', import.meta.url));
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

interface Core {
  readonly child: ChildProcess;
  /** Resolves with the first line for which `pick` gives something. */
  line<T>(pick: (line: Record<string, unknown>) => T | undefined): Promise<T>;
}

function startCore(dir: string, recipe: string, overrides: Record<string, unknown>, env: Record<string, string> = {}): Core {
  const child = spawn(process.execPath, [coreScript, dir, recipe, JSON.stringify(overrides)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  cleanups.push(() => child.kill('SIGKILL'));
  const seen: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    seen.push(JSON.parse(text) as Record<string, unknown>);
    for (const look of [...waiting]) look();
  });
  return {
    child,
    line: (pick) =>
      new Promise((resolve, reject) => {
        const look = () => {
          for (const line of seen) {
            const found = pick(line);
            if (found === undefined) continue;
            waiting.delete(look);
            resolve(found);
            return;
          }
        };
        child.once('exit', (code, signal) =>
          reject(new Error(`the core ended (${String(code)}, ${String(signal)}) before that line; it said ${JSON.stringify(seen)}`)),
        );
        waiting.add(look);
        look();
      }),
  };
}

async function trainerOf(core: Core): Promise<ProcessIdentity> {
  const pid = await core.line((line) => {
    const match = typeof line['log'] === 'string' ? /^pid (\d+)/.exec(line['log']) : null;
    return match === null ? undefined : Number(match[1]);
  });
  const identity = identifyProcess(pid);
  if (identity === null) throw new Error(`trainer ${pid} is not running`);
  return identity;
}

/** Seconds until none of the processes runs; fails after 5. */
async function secondsUntilGone(processes: readonly (ProcessIdentity | null)[]): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const elapsedSeconds = (performance.now() - startedMs) / 1000;
    const alive = processes.filter((item) => item !== null && isRunning(item));
    if (alive.length === 0) return elapsedSeconds;
    if (elapsedSeconds > 5) throw new Error(`still running after 5 s: ${alive.map((item) => item?.pid).join(', ')}`);
    await pause(20);
  }
}

describe('no process outlives its parent', () => {
  it.each(['wait', 'block', 'ignore-cancel'])('core killed with SIGKILL while its trainer is in "%s"', async (how) => {
    const small = await makeSmallProject();
    cleanups.push(small.remove);
    const core = startCore(small.dir, 'trouble', { 'trouble.how': how });
    const trainer = await trainerOf(core);
    await pause(400); // into the trouble
    expect(isRunning(trainer)).toBe(true);
    core.child.kill('SIGKILL');
    expect(await secondsUntilGone([trainer])).toBeLessThan(5);
  });

  it('wrapper of the core killed with SIGKILL: core and trainer go as well', async () => {
    const small = await makeSmallProject();
    cleanups.push(small.remove);
    const wrapper = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    cleanups.push(() => wrapper.kill('SIGKILL'));
    const core = startCore(small.dir, 'trouble', {}, { PENUMBRA_WATCH_PID: String(wrapper.pid) });
    const trainer = await trainerOf(core);
    const coreIdentity = identifyProcess(core.child.pid ?? 0);
    wrapper.kill('SIGKILL');
    expect(await secondsUntilGone([trainer, coreIdentity])).toBeLessThan(5);
  });
});

describe('a core killed with SIGKILL', () => {
  it('its run is interrupted at the next start and resumes to the same bytes; the queued run goes on by itself', async () => {
    const small = await makeSmallProject();
    const reference = await makeSmallProject();
    cleanups.push(small.remove, reference.remove);
    const overrides = { 'model.steps': 30, 'model.stepMs': 15 };
    const core = startCore(small.dir, 'chain-twice', overrides);
    await trainerOf(core);
    await pause(300);
    core.child.kill('SIGKILL');

    const project = await openProject(small.dir);
    cleanups.push(() => project.close());
    const service = await openRunService({ project, recipeModule: fakeRecipes });
    const [second, first] = service.list({ offset: 0, limit: 10 }).runs;
    if (first === undefined || second === undefined) throw new Error('two runs were queued');
    expect(first.state).toBe('interrupted');
    expect(first.steps[0]).toMatchObject({ state: 'interrupted' });
    expect(['queued', 'running']).toContain(second.state);
    expect((await service.finished(second.id)).state).toBe('done');
    await service.resume(first.id);
    const run = await service.finished(first.id);
    expect(run).toMatchObject({ state: 'done', error: null });

    const unbrokenProject = await openProject(reference.dir);
    cleanups.push(() => unbrokenProject.close());
    const unbroken = await openRunService({ project: unbrokenProject, recipeModule: fakeRecipes });
    const expected = await runToEnd(unbroken, request('chain', overrides, 0));
    expect(outputHashes(service, run).model).toEqual(outputHashes(unbroken, expected).model);
    expect(outputHashes(service, run).refined).toEqual(outputHashes(unbroken, expected).refined);
    expect(service.metrics({ runId: run.id, afterIndex: 0, limit: 1000 }).points).toEqual(
      unbroken.metrics({ runId: expected.id, afterIndex: 0, limit: 1000 }).points,
    );
    expect(project.vault.log(0, 10).entries).toMatchObject([
      { by: 'fake-scores', runId: first.id, purpose: 'scores', images: 4 },
      { by: 'fake-scores', runId: second.id, purpose: 'scores', images: 4 },
    ]);
  });

  it('sealed between rename and index: the artifact is found at the next start', async () => {
    const small = await makeSmallProject();
    cleanups.push(small.remove);
    const core = startCore(small.dir, 'chain', {}, { PENUMBRA_FAULTS: 'seal.done=kill@1' });
    await core.line((line) => (line['state'] === 'failed' ? true : undefined));
    core.child.kill('SIGKILL');
    const project = await openProject(small.dir);
    cleanups.push(() => project.close());
    expect(project.artifacts.list()).toEqual([]);
    await openRunService({ project, recipeModule: fakeRecipes });
    expect(project.artifacts.list().map(({ manifest }) => manifest.stage)).toEqual(['fake-train']);
  });
});
