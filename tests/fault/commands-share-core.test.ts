/** Commands that host a core, attach to one, and outlive the one they attached to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runs, system } from '#shared/contract/index.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { createClient, type Client } from '#main/client/client.ts';
import { liveCore } from '#main/project/lock.ts';
import { collect, jsonLines, killHard, killLeftovers, startCli, startCoreProcess } from '../support/processes.ts';
import { makeTinyProject, type TinyProject } from '../support/tiny-project.ts';

const hook = fileURLToPath(new URL('../support/tiny-recipes-hook.mjs', import.meta.url));
const env = { NODE_OPTIONS: `--import=${hook}` };

let tiny: TinyProject;

beforeEach(async () => {
  tiny = await makeTinyProject();
});
afterEach(async () => {
  await killLeftovers();
  await tiny.remove();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The client of whichever core has the project open, as soon as there is one. */
async function anyCore(): Promise<Client> {
  for (;;) {
    const socketPath = liveCore(tiny.dir)?.socket;
    if (typeof socketPath === 'string') return createClient({ socketPath });
    await pause(30);
  }
}

async function untilRun(client: Client, is: (run: RunSummary) => boolean): Promise<RunSummary> {
  for (;;) {
    const found = (await client.call(runs.listRuns, {})).runs.find(is);
    if (found !== undefined) return found;
    await pause(30);
  }
}

const resultOf = (stdout: string): unknown => jsonLines(stdout).find((line) => line['type'] === 'result')?.['value'];

describe('run without a core', () => {
  test('hosts one, runs, and lets the project go', async () => {
    const { code, stdout } = await collect(startCli(['run', 'tiny', '--project', tiny.dir, '--json'], { env }));
    expect(resultOf(stdout)).toMatchObject({ run: { state: 'done' } });
    expect(code).toBe(0);
    expect(liveCore(tiny.dir)).toBeNull();
  });

  test('Ctrl-C on a terminal, which reaches the trainer too, cancels the run', async () => {
    const child = startCli(['run', 'slow', '--project', tiny.dir, '--json'], { env, detached: true });
    const ended = collect(child);
    const client = await anyCore();
    const run = await untilRun(client, (item) => item.state === 'running' && (item.steps[0]?.done ?? 0) > 0);
    // A negative pid is the process group, which is whom a terminal signals.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    const { code, stdout } = await ended;
    expect(resultOf(stdout)).toMatchObject({ run: { id: run.id, state: 'cancelled', error: null } });
    expect(code).toBe(130);
  });

  test('a second Ctrl-C ends at once, and the trainer with it', async () => {
    const child = startCli(['run', 'slow', '--project', tiny.dir, '--json'], { env });
    const ended = collect(child);
    const client = await anyCore();
    const { id } = await untilRun(client, (item) => item.state === 'running' && (item.steps[0]?.done ?? 0) > 0);
    const { lines } = await client.call(runs.runLog, { runId: id });
    const trainer = Number(lines.map((line) => /^pid (\d+)/.exec(line.message)?.[1]).find((pid) => pid !== undefined));
    child.kill('SIGINT');
    child.kill('SIGINT');
    await pause(1);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    await pause(4000);
    expect(() => process.kill(trainer, 0)).toThrow('ESRCH');
  });

  test('killed with -9: the next command finds the run interrupted and resumes it', async () => {
    const child = startCli(['run', 'slow', '--project', tiny.dir, '--json'], { env });
    const client = await anyCore();
    const { id } = await untilRun(client, (item) => item.state === 'running');
    await killHard(child);
    const resumed = startCli(['resume', id, '--project', tiny.dir, '--json'], { env });
    const ended = collect(resumed);
    await untilRun(await anyCore(), (item) => item.id === id && item.state === 'running');
    resumed.kill('SIGINT');
    expect(resultOf((await ended).stdout)).toMatchObject({ run: { id, state: 'cancelled' } });
  });
});

test('a run queued behind another command’s goes on when that command ends first', async () => {
  const first = startCli(['run', 'slow', '--project', tiny.dir, '--json'], { env });
  const firstEnded = collect(first);
  const host = await anyCore();
  await untilRun(host, (item) => item.state === 'running');
  const second = startCli(['run', 'tiny', '--project', tiny.dir], { env });
  const secondEnded = collect(second);
  await untilRun(host, (item) => item.recipe === 'tiny' && item.state === 'queued');
  await killHard(first);
  await firstEnded;
  const { code, stdout, stderr } = await secondEnded;
  expect(stderr).toContain('has ended; going on without it');
  expect(stdout).toMatch(/run_\w+ done in/);
  expect(code).toBe(0);
});

describe('serve', () => {
  test('attached to a core that dies, takes the project over and keeps its sessions', async () => {
    const core = await startCoreProcess(tiny.dir);
    const child = startCli(['serve', tiny.dir, '--no-open', '--json'], { env });
    const line = await new Promise<string>((resolve) => child.stdout?.once('data', (part: Buffer) => resolve(part.toString())));
    const { link } = (JSON.parse(line) as { value: { link: string } }).value;
    const cookie = (await fetch(link)).headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const hello = async (): Promise<{ pid: number } | null> => {
      const answer = await fetch(new URL('/api/call/system.hello', link), { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: '{}' });
      const reply = (await answer.json()) as { ok: boolean; value: { pid: number } };
      return reply.ok ? reply.value : null;
    };
    // Several times: an answer must not be lost to a connection that closes early, which is a matter of timing.
    for (let i = 0; i < 10; i++) expect(await hello()).toMatchObject({ pid: core.child.pid });
    await killHard(core.child);
    let now = await hello();
    for (let waitedMs = 0; now === null && waitedMs < 20_000; waitedMs += 100) {
      await pause(100);
      now = await hello();
    }
    expect(now?.pid).not.toBe(core.child.pid);
    expect(now?.pid).toBe(liveCore(tiny.dir)?.pid);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(liveCore(tiny.dir)).toBeNull();
  });

  test('a core that is told to shut down answers first, then ends', async () => {
    const core = await startCoreProcess(tiny.dir);
    const ended = once(core.child, 'exit');
    expect(await createClient({ socketPath: core.socketPath }).call(system.shutdown, {})).toEqual({});
    expect(await ended).toEqual([0, null]);
    expect(liveCore(tiny.dir)).toBeNull();
  });

  test('told to wait, a core serves its run to the end', async () => {
    const core = await startCoreProcess(tiny.dir);
    const client = createClient({ socketPath: core.socketPath });
    const { id } = await client.call(runs.startRun, { recipe: 'tiny' });
    const ended = once(core.child, 'exit');
    await client.call(system.shutdown, { runs: 'wait' });
    expect(await ended).toEqual([0, null]);
    const again = await startCoreProcess(tiny.dir);
    expect((await createClient({ socketPath: again.socketPath }).call(runs.getRun, { runId: id })).state).toBe('done');
  });
});

test('a wrapper killed with -9 takes the command it started with it', async () => {
  const wrapper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const child = startCli(['serve', tiny.dir, '--no-open'], { env: { PENUMBRA_WATCH_PID: String(wrapper.pid) } });
  await anyCore();
  const ended = once(child, 'exit');
  wrapper.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  // And the core that the command ran goes with it.
  for (let waitedMs = 0; liveCore(tiny.dir) !== null && waitedMs < 10_000; waitedMs += 100) await pause(100);
  expect(liveCore(tiny.dir)).toBeNull();
});
