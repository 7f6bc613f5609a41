/** A host whose core is killed, crashes at every start, or is damaged beneath it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { host, project, system } from '#shared/contract/index.ts';
import { PenumbraError } from '#shared/errors.ts';
import { liveCore } from '#main/project/lock.ts';
import { startTestHost, type TestHost } from '../support/test-host.ts';
import { makeTinyProject, type TinyProject } from '../support/tiny-project.ts';

let tiny: TinyProject;
let own: TestHost;

beforeEach(async () => {
  tiny = await makeTinyProject();
});
afterEach(async () => {
  await own.close();
  await tiny.remove();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** As the page does: while the core is away it asks again. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof PenumbraError) || thrown.code !== 'SHUTTING_DOWN') throw thrown;
      await pause(50);
    }
  }
}

test('a core killed with -9 is started again; the next call works, event streams start over', async () => {
  own = await startTestHost();
  await own.call(host.openProject, { dir: tiny.dir });
  const { pid, lastEvent } = await own.client.call(system.hello, {});
  const stop = new AbortController();
  const names: string[] = [];
  const following = (async () => {
    for await (const event of own.client.events({ after: lastEvent, signal: stop.signal })) {
      names.push(event.name);
      if (event.name === 'project.changed') stop.abort();
    }
  })();
  // The stream stands.
  await pause(200);
  const killedMs = performance.now();
  process.kill(pid, 'SIGKILL');
  const after = await untilAnswered(async () => {
    const hello = await own.client.call(system.hello, {});
    if (hello.pid === pid) throw new PenumbraError('SHUTTING_DOWN', 'the killed core is not gone yet', { remedy: '' });
    return hello;
  });
  console.log(`core killed to next answer: ${Math.round(performance.now() - killedMs)} ms`);
  expect(after.pid).toBe(liveCore(tiny.dir)?.pid);
  const state = await own.call(host.getHostState, {});
  expect(state).toMatchObject({ core: 'running', restarts: 1, coreError: { code: 'CORE_CRASHED', message: expect.stringContaining('SIGKILL') as string } });
  // The stream has been taken up again by itself, with word that events may be missing.
  while (names.length === 0) await pause(50);
  await own.client.call(project.setSupervision, { rules: [{ split: 'train', classIndex: null, kind: 'tags' }] });
  await following;
  expect(names).toEqual(['system.resync', 'project.changed']);
});

test('a core that crashes again and again is given up, and started anew when the project is opened again', async () => {
  own = await startTestHost();
  await own.call(host.openProject, { dir: tiny.dir });
  for (let crash = 1; crash <= 5; crash++) {
    const { pid } = await untilAnswered(() => own.client.call(system.hello, {}));
    process.kill(pid, 'SIGKILL');
    while ((await own.call(host.getHostState, {})).restarts < crash) await pause(30);
  }
  const failed = await own.call(host.getHostState, {});
  expect(failed).toMatchObject({ core: 'failed', coreError: { code: 'CORE_CRASHED' }, project: { dir: tiny.dir } });
  await expect(own.client.call(system.hello, {})).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  expect(await own.call(host.openProject, { dir: tiny.dir })).toMatchObject({ core: 'running', coreError: null, restarts: 0 });
  expect(await own.client.call(project.getProject, {})).toMatchObject({ counts: { images: 6 } });
});

test('a core whose project is damaged beneath it is not tried again', async () => {
  own = await startTestHost();
  await own.call(host.openProject, { dir: tiny.dir });
  const { pid } = await own.client.call(system.hello, {});
  process.kill(pid, 'SIGSTOP');
  for (const suffix of ['-wal', '-shm']) rmSync(path.join(tiny.dir, `project.db${suffix}`), { force: true });
  writeFileSync(path.join(tiny.dir, 'project.db'), 'not a database');
  process.kill(pid, 'SIGKILL');
  while ((await own.call(host.getHostState, {})).core !== 'failed') await pause(30);
  expect(await own.call(host.getHostState, {})).toMatchObject({ restarts: 1, coreError: { code: 'PROJECT_DAMAGED' } });
});

test('a core that ends without a word at its start is said so, with what it wrote', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'penumbra-broken-core-'));
  const entry = path.join(dir, 'core.mjs');
  writeFileSync(entry, `console.error('the engine room is on fire');\nprocess.exit(3);\n`);
  own = await startTestHost({ entry });
  await expect(own.call(host.openProject, { dir: tiny.dir })).rejects.toMatchObject({
    code: 'CORE_CRASHED',
    message: expect.stringMatching(/exit code 3: the engine room is on fire/) as string,
  });
  expect(await own.call(host.getHostState, {})).toMatchObject({ project: null, core: 'none' });
  rmSync(dir, { recursive: true });
});
