import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { host, hostCalls, project, runs, system, type AnyHostCall } from '#shared/contract/index.ts';
import { exchange } from '#main/client/transport.ts';
import { liveCore } from '#main/project/lock.ts';
import { startTestHost, type TestHost } from '../support/test-host.ts';
import { hostSamples } from './call-samples.ts';
import { describeEveryCall } from './contract-cases.ts';
import { makeEmptyProject, makeTinyProject, type TinyProject } from '../support/tiny-project.ts';

let first: TinyProject;
let second: TinyProject;
let own: TestHost;

beforeAll(async () => {
  first = await makeTinyProject();
  second = await makeEmptyProject();
  own = await startTestHost({ sampleProject: () => Promise.resolve(second.dir) });
}, 60_000);
afterAll(async () => {
  await own.close();
  await first.remove();
  await second.remove();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const post = (name: string, body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  exchange(own.client.address, { method: 'POST', path: `/host/call/${name}`, headers, body });

test('before a project is open, the state says so and the API answers 503', async () => {
  expect(await own.call(host.getHostState, {})).toMatchObject({ shell: 'browser', project: null, core: 'none', coreError: null, restarts: 0, recents: [] });
  const answer = await exchange(own.client.address, { method: 'POST', path: '/api/call/system.hello', headers: { 'content-type': 'application/json' }, body: '{}' });
  expect(answer.status).toBe(503);
  expect(JSON.parse(answer.bytes.toString())).toMatchObject({ error: { code: 'SHUTTING_DOWN', message: 'no project is open' } });
});

describeEveryCall<AnyHostCall>({
  calls: hostCalls,
  apart: [],
  sampleOf: (call) => hostSamples({ dir: first.dir, emptyDir: path.join(path.dirname(first.dir), 'made') })[call.name],
  post,
});

describe('requests that reach no call of the host', () => {
  test('an unknown name, another address, another method, another content type', async () => {
    expect((await post('host.quit', '{}')).status).toBe(404);
    expect((await post('constructor', '{}')).status).toBe(404);
    expect((await post('system.hello', '{}')).status).toBe(404);
    expect((await exchange(own.client.address, { method: 'GET', path: '/host/call/host.state' })).status).toBe(400);
    expect((await exchange(own.client.address, { method: 'GET', path: '/host/state' })).status).toBe(404);
    expect((await exchange(own.client.address, { method: 'GET', path: '/' })).status).toBe(404);
    expect((await post('host.state', '{}', { 'content-type': 'text/plain' })).status).toBe(400);
    expect((await post('host.state', '{"a":')).status).toBe(400);
  });

  test.each(['/host/call/host.state', '/api/call/project.get'])('a body of 100 MB at %s is refused by its declared length', async (address) => {
    await own.call(host.openProject, { dir: first.dir });
    const answer = await exchange(own.client.address, {
      method: 'POST',
      path: address,
      headers: { 'content-type': 'application/json' },
      body: Buffer.alloc(100 * 1024 * 1024, 0x20),
    });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.bytes.toString())).toMatchObject({ error: { code: 'BODY_TOO_LARGE' } });
    expect(await own.call(host.getHostState, {})).toMatchObject({ core: 'running', restarts: 0 });
  });
});

describe('opening projects', () => {
  beforeEach(async () => {
    await own.call(host.openProject, { dir: first.dir, runs: 'cancel' });
  });

  test('by its folder or its project.db; the API is that project’s', async () => {
    expect(await own.call(host.openProject, { dir: path.join(second.dir, 'project.db') })).toMatchObject({ project: { dir: second.dir, name: 'tiny' }, core: 'running' });
    expect((await own.client.call(project.getProject, {})).counts.images).toBe(0);
    const state = await own.call(host.openProject, { dir: first.dir });
    expect((await own.client.call(project.getProject, {})).counts.images).toBe(6);
    expect((await own.client.call(system.hello, {})).projectId).toBe(state.project?.id);
    expect(state.recents.slice(0, 2).map(({ dir }) => dir)).toEqual([first.dir, second.dir]);
  });

  test('the project that is left is let go, its event stream ends', async () => {
    const { lastEvent, projectId } = await own.client.call(system.hello, {});
    const stop = new AbortController();
    const names: string[] = [];
    // The client reconnects; another core's numbers do not go on from this one's, so it is told to start over.
    const following = (async () => {
      for await (const event of own.client.events({ after: lastEvent, signal: stop.signal })) {
        names.push(event.name);
        stop.abort();
      }
    })();
    await pause(200);
    await own.call(host.openSample, {});
    await following;
    expect(names).toEqual(['system.resync']);
    expect((await own.client.call(system.hello, {})).projectId).not.toBe(projectId);
    for (let waitedMs = 0; liveCore(first.dir) !== null && waitedMs < 5000; waitedMs += 50) await pause(50);
    expect(liveCore(first.dir)).toBeNull();
  });

  test('what is no project, is not there, or is damaged is refused, and the current one stays', async () => {
    const empty = path.dirname(first.dir);
    await expect(own.call(host.openProject, { dir: empty })).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' });
    await expect(own.call(host.openProject, { dir: path.join(empty, 'nowhere') })).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' });
    await expect(own.call(host.openProject, { dir: 'relative/dir' })).rejects.toMatchObject({ code: 'BAD_REQUEST', details: { path: 'dir' } });
    await expect(own.call(host.openProject, { dir: `${first.dir}\0` })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const damaged = path.join(empty, 'damaged');
    await mkdir(damaged);
    await writeFile(path.join(damaged, 'project.db'), 'not a database');
    await expect(own.call(host.openProject, { dir: damaged })).rejects.toMatchObject({ code: 'PROJECT_DAMAGED' });
    expect(await own.call(host.getHostState, {})).toMatchObject({ project: { dir: first.dir }, core: 'running', coreError: null });
  });

  test('a new project is made where there is none, never over one', async () => {
    const dir = path.join(path.dirname(second.dir), 'made', 'deep', 'Birds of <img onerror>');
    expect(await own.call(host.createProject, { dir })).toMatchObject({ project: { dir, name: 'Birds of <img onerror>' } });
    expect((await own.client.call(project.getProject, {})).classes).toEqual([]);
    const before = await readFile(path.join(dir, 'project.db'));
    await own.call(host.openProject, { dir: first.dir });
    await expect(own.call(host.createProject, { dir, name: 'Again' })).rejects.toMatchObject({ code: 'PROJECT_EXISTS' });
    expect(await own.call(host.getHostState, {})).toMatchObject({ project: { dir: first.dir } });
    expect((await readFile(path.join(dir, 'project.db'))).equals(before)).toBe(true);
    await expect(own.call(host.createProject, { dir: path.join(dir, 'project.db', 'below a file') })).rejects.toMatchObject({ code: 'PROJECT_EXISTS' });
  });

  test('the list of recent projects: forgotten ones go, ones that are not there are marked', async () => {
    const gone = path.join(path.dirname(second.dir), 'gone');
    await own.call(host.createProject, { dir: gone });
    await own.call(host.openProject, { dir: first.dir });
    await rm(gone, { recursive: true });
    const { recents } = await own.call(host.getHostState, {});
    expect(recents.find(({ dir }) => dir === gone)).toMatchObject({ name: 'gone', exists: false });
    expect((await own.call(host.forgetRecent, { dir: gone })).recents.map(({ dir }) => dir)).not.toContain(gone);
    // A file that another version or a full disk has spoilt costs the list, not the start.
    await writeFile(path.join(own.dataDir, 'recent-projects.json'), '{"format": 9');
    expect((await own.call(host.getHostState, {})).recents).toEqual([]);
    await own.call(host.openProject, { dir: second.dir });
    expect((await own.call(host.getHostState, {})).recents.map(({ dir }) => dir)).toEqual([second.dir]);
  });
});

describe('leaving a project whose run is going', () => {
  async function startSlow(): Promise<string> {
    await own.call(host.openProject, { dir: first.dir, runs: 'cancel' });
    const { id } = await own.client.call(runs.startRun, { recipe: 'slow' });
    while ((await own.client.call(runs.getRun, { runId: id })).state !== 'running') await pause(30);
    return id;
  }

  test('is refused unless told what becomes of it', async () => {
    const id = await startSlow();
    await expect(own.call(host.openProject, { dir: second.dir })).rejects.toMatchObject({ code: 'PROJECT_BUSY', details: { runs: [{ id, recipe: 'slow' }] } });
    await expect(own.call(host.openSample, {})).rejects.toMatchObject({ code: 'PROJECT_BUSY' });
    await expect(own.call(host.createProject, { dir: path.join(first.root, 'x') })).rejects.toMatchObject({ code: 'PROJECT_BUSY' });
    expect((await own.client.call(runs.getRun, { runId: id })).state).toBe('running');
    await own.client.call(runs.cancelRun, { runId: id });
  });

  test('cancel: the run is cancelled', async () => {
    const id = await startSlow();
    await own.call(host.openProject, { dir: second.dir, runs: 'cancel' });
    await own.call(host.openProject, { dir: first.dir });
    expect((await own.client.call(runs.getRun, { runId: id })).state).toBe('cancelled');
  });

  test('wait: the run goes on behind the window, which can come back to it', async () => {
    const id = await startSlow();
    const { pid } = await own.client.call(system.hello, {});
    await own.call(host.openProject, { dir: second.dir, runs: 'wait' });
    await pause(1500);
    expect(liveCore(first.dir)?.pid).toBe(pid);
    await own.call(host.openProject, { dir: first.dir });
    expect((await own.client.call(system.hello, {})).pid).toBe(pid);
    expect((await own.client.call(runs.getRun, { runId: id })).state).toBe('running');
    expect((await own.client.call(runs.cancelRun, { runId: id })).state).toBe('cancelled');
    // That core ends with its run; the host goes on with one of its own.
    for (let waitedMs = 0; liveCore(first.dir)?.pid === pid && waitedMs < 10_000; waitedMs += 50) await pause(50);
    for (;;) {
      const hello = await own.client.call(system.hello, {}).catch(() => null);
      if (hello !== null && hello.pid !== pid) break;
      await pause(50);
    }
    expect(await own.call(host.getHostState, {})).toMatchObject({ core: 'running', restarts: 0 });
  });
});

describe('listing folders', () => {
  test('tells projects and datasets apart, leaves out files and hidden folders, follows links', async () => {
    const dir = path.join(path.dirname(second.dir), 'listed');
    for (const name of ['b10', 'b9', '.hidden', 'photos/JPEGImages', 'proj', '<img src=x onerror=alert(1)>']) await mkdir(path.join(dir, name), { recursive: true });
    await writeFile(path.join(dir, 'proj', 'project.db'), '');
    await writeFile(path.join(dir, 'file.txt'), '');
    await symlink(first.dir, path.join(dir, 'link'));
    await symlink('/nonexistent', path.join(dir, 'dangling'));
    const list = await own.call(host.listFolders, { dir });
    expect(list).toMatchObject({ dir, parent: path.dirname(dir), kind: 'folder', truncated: false });
    expect(list.folders).toEqual([
      { name: '<img src=x onerror=alert(1)>', path: path.join(dir, '<img src=x onerror=alert(1)>'), kind: 'folder' },
      { name: 'b9', path: path.join(dir, 'b9'), kind: 'folder' },
      { name: 'b10', path: path.join(dir, 'b10'), kind: 'folder' },
      { name: 'link', path: path.join(dir, 'link'), kind: 'project' },
      { name: 'photos', path: path.join(dir, 'photos'), kind: 'dataset' },
      { name: 'proj', path: path.join(dir, 'proj'), kind: 'project' },
    ]);
    expect(await own.call(host.listFolders, { dir: '/' })).toMatchObject({ dir: '/', parent: null });
    expect((await own.call(host.listFolders, {})).dir).toBe((await own.call(host.listFolders, { dir: '~' })).dir);
  });

  test('refuses what is not there, is a file, is relative', async () => {
    await expect(own.call(host.listFolders, { dir: path.join(first.dir, 'nothing') })).rejects.toMatchObject({ code: 'FILE_MISSING' });
    await expect(own.call(host.listFolders, { dir: path.join(first.dir, 'project.db') })).rejects.toMatchObject({ code: 'FILE_MISSING' });
    await expect(own.call(host.listFolders, { dir: '../..' })).rejects.toMatchObject({ code: 'BAD_REQUEST', details: { path: 'dir' } });
  });

  // Root may read everything.
  test.skipIf(process.getuid?.() === 0)('a folder that may not be read is said so', async () => {
    const dir = path.join(path.dirname(second.dir), 'closed');
    await mkdir(dir);
    await chmod(dir, 0o000);
    await expect(own.call(host.listFolders, { dir })).rejects.toMatchObject({ code: 'FOLDER_UNREADABLE' });
    await chmod(dir, 0o700);
  });
});
