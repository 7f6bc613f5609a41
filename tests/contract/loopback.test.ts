import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { project, system } from '#shared/contract/index.ts';
import { EditState } from '#shared/contract/edits.ts';
import { createClient, type Client } from '#main/client/client.ts';
import { exchange } from '#main/client/transport.ts';
import { pageDir } from '#main/host/open-host.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { serveLoopback, type LoopbackServer } from '#main/server/loopback.ts';
import { forwardToSocket } from '#main/server/proxy.ts';
import { loadStaticFiles, type StaticFiles } from '#main/server/static-files.ts';
import { correctedMap, painted, setStage, type Stage } from './scene.ts';

let page: StaticFiles;
let stage: Stage;

beforeAll(async () => {
  page = await loadStaticFiles(pageDir());
  stage = await setStage();
});
afterAll(() => stage.strike());

async function signIn(server: LoopbackServer): Promise<Client> {
  const link = new URL(server.newLink());
  const address = { host: '127.0.0.1', port: server.port, headers: { host: `127.0.0.1:${server.port}` } };
  const answer = await exchange(address, { method: 'GET', path: link.pathname + link.search });
  const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? '';
  return createClient({ ...address, headers: { ...address.headers, cookie, origin: `http://127.0.0.1:${server.port}` } });
}

// In-process is how `serve` answers when it hosts the core, forwarded how it answers when it attached to one.
describe.each([
  ['in-process', () => stage.core.listener],
  ['forwarded', () => (request, response) => forwardToSocket(stage.core.socketPath, request, response)],
] as const satisfies readonly (readonly [string, () => Stage['core']['listener']])[])('the loopback server, %s', (_name, listenerOf) => {
  let server: LoopbackServer;
  let client: Client;

  beforeAll(async () => {
    server = await serveLoopback({ port: 0, page, api: listenerOf() });
    client = await signIn(server);
  });
  afterAll(() => server.close());

  test('answers calls with the session, and the same as the socket', async () => {
    expect(await client.call(project.getProject, {})).toEqual(await stage.client.call(project.getProject, {}));
  });

  test('passes error values through', async () => {
    await expect(client.call(project.repointProject, { root: '' })).rejects.toMatchObject({ code: 'BAD_REQUEST', details: { path: 'root' } });
  });

  test('refuses a body beyond the limit', async () => {
    const answer = await exchange(client.address, {
      method: 'POST',
      path: '/api/call/project.get',
      headers: { 'content-type': 'application/json' },
      body: ' '.repeat(5 * 1024 * 1024),
    });
    expect(answer.status).toBe(413);
  });

  test('streams events as they happen', async () => {
    const { lastEvent } = await client.call(system.hello, {});
    const stop = new AbortController();
    const names: string[] = [];
    const reading = (async () => {
      for await (const event of client.events({ after: lastEvent, signal: stop.signal })) {
        names.push(event.name);
        stop.abort();
      }
    })();
    await stage.client.call(project.setSupervision, { rules: [{ split: 'train', classIndex: null, kind: 'tags' }] });
    await reading;
    expect(names).toEqual(['project.changed']);
  });

  test('carries blobs both ways, with ranges and tags', async () => {
    const { imageId, refinedKey } = stage.scene;
    const photo = `/api/blob/photo/${imageId}`;
    const whole = await exchange(client.address, { method: 'GET', path: photo });
    expect(whole.headers['content-type']).toBe('image/jpeg');
    const part = await exchange(client.address, { method: 'GET', path: photo, headers: { range: 'bytes=2-5' } });
    expect(part).toMatchObject({ status: 206, bytes: whole.bytes.subarray(2, 6) });
    expect((await exchange(client.address, { method: 'GET', path: photo, headers: { 'if-none-match': whole.headers.etag ?? '' } })).status).toBe(304);

    const map = await correctedMap(client, imageId, refinedKey);
    const wanted = painted(map, map.data[40 * map.width] === 2 ? 1 : 2, 40);
    await client.putBlob('corrected', `${imageId}.${refinedKey}`, encodeLabelPng(wanted), EditState);
    expect(await correctedMap(client, imageId, refinedKey)).toEqual(wanted);
  });

  test.each([
    ['/api/call/project.get', 200],
    // Behind the guard stands a core here, which knows no host.
    ['/host/call/host.state', 404],
  ])('%s: refuses without session, with a wrong one, and from foreign pages', async (path, behindTheGuard) => {
    const address = { host: '127.0.0.1', port: server.port, headers: {} };
    const post = (headers: Record<string, string>) =>
      exchange(address, { method: 'POST', path, headers: { 'content-type': 'application/json', ...headers }, body: '{}' });
    const cookie = 'headers' in client.address ? (client.address.headers['cookie'] ?? '') : '';
    const host = `127.0.0.1:${server.port}`;
    expect((await post({ host })).status).toBe(401);
    expect((await post({ host, cookie: cookie.replace(/=.*/, '=guess') })).status).toBe(401);
    expect((await post({ host, cookie, origin: 'http://evil.example' })).status).toBe(403);
    expect((await post({ host: 'evil.example', cookie })).status).toBe(403);
    expect((await post({ host, cookie })).status).toBe(behindTheGuard);
  });

  test('serves every file of the page to who is signed in, what names its content to be kept', async () => {
    expect(page.files.size).toBeGreaterThan(1);
    for (const [address, file] of page.files) {
      const answer = await exchange(client.address, { method: 'GET', path: address });
      expect(answer.status, address).toBe(200);
      expect(answer.bytes.equals(file.bytes), address).toBe(true);
      const isHashed = address.startsWith('/assets/');
      expect(answer.headers['cache-control'], address).toBe(isHashed ? 'private, max-age=31536000, immutable' : 'no-cache');
    }
  });

  test('the page names only what its policy allows: no inline scripts, styles or handlers, nothing from elsewhere', async () => {
    const text = (await exchange(client.address, { method: 'GET', path: '/' })).bytes.toString();
    expect(text).toContain('<title>Penumbra</title>');
    expect(text).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|style="|https?:\/\//);
  });

  test.each(['/..%2fpackage.json', '/assets/', '/assets/..%2findex.html', '/assets/%2e%2e/%2e%2e/%2e%2e/package.json', '/assets//etc/passwd', '/index.html', '/project.db'])(
    'serves no %s',
    async (address) => {
      const answer = await exchange(client.address, { method: 'GET', path: address });
      expect(answer.status).toBe(404);
    },
  );

  test.each(['..%2f..%2fproject.db', '%2fetc%2fpasswd', '..', 'im_0000000000000000%00', 'C:%5Cwindows'])('no blob is reached by a path: %s', async (id) => {
    for (const blob of ['photo', 'layer', 'corrected']) {
      const answer = await exchange(client.address, { method: 'GET', path: `/api/blob/${blob}/${id}` });
      expect([400, 404], `${blob} ${answer.bytes.toString().slice(0, 200)}`).toContain(answer.status);
    }
  });
});

test('a core that has gone answers as shutting down, not with a broken page', async () => {
  const server = await serveLoopback({
    port: 0,
    page,
    api: (request, response) => forwardToSocket('/nonexistent/core.sock', request, response),
  });
  try {
    const client = await signIn(server);
    await expect(client.call(project.getProject, {})).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  } finally {
    await server.close();
  }
});
