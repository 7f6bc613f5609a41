import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as openRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveLoopback, type LoopbackServer } from './loopback.ts';
import { loadStaticFiles } from './static-files.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

let server: LoopbackServer;
let dir: string;
let reached = 0;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'penumbra-loopback-'));
  await writeFile(path.join(dir, 'index.html'), '<title>page</title>');
  await writeFile(path.join(dir, 'page.js'), 'export {};');
  await writeFile(path.join(dir, 'notes.txt'), 'not a page');
  server = await serveLoopback({
    port: 0,
    page: await loadStaticFiles(dir),
    api: (_request, response) => {
      reached += 1;
      response.end('reached');
    },
  });
});

afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

/** A plain request: fetch would not let a test choose Host or Sec-Fetch-Site. */
function ask(target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = openRequest({ host: '127.0.0.1', port: server.port, path: target, method, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    request.on('error', reject);
    request.end();
  });
}

async function signIn(): Promise<string> {
  const link = new URL(server.newLink());
  const answer = await ask(link.pathname + link.search);
  return String(answer.headers['set-cookie']).split(';')[0] ?? '';
}

describe('signing in', () => {
  test('a link works once and sets a cookie that scripts and other sites cannot use', async () => {
    const link = new URL(server.newLink());
    const first = await ask(link.pathname + link.search);
    expect(first.status).toBe(200);
    expect(String(first.headers['set-cookie'])).toMatch(/^penumbra_\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(first.headers['refresh']).toBe('0; url=/');
    const second = await ask(link.pathname + link.search);
    expect(second.status).toBe(401);
    expect(second.headers['set-cookie']).toBeUndefined();
  });

  test.each(['/open', '/open?token=', '/open?token=AAAA'])('%s signs nobody in', async (target) => {
    const answer = await ask(target);
    expect(answer.status).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('without a cookie neither page nor API is reached', async () => {
    const before = reached;
    expect((await ask('/')).status).toBe(401);
    const api = await ask('/api/call/system.hello', {}, 'POST');
    expect(api.status).toBe(401);
    expect(JSON.parse(api.text)).toMatchObject({ ok: false, error: { code: 'UNAUTHORIZED' } });
    expect((await ask('/api/events', { cookie: `penumbra_${server.port}=wrong` })).status).toBe(401);
    expect((await ask('/api/events', { cookie: `penumbra_${server.port}` })).status).toBe(401);
    expect(reached).toBe(before);
  });

  test('with the cookie both are', async () => {
    const cookie = await signIn();
    expect((await ask('/', { cookie })).text).toContain('<title>page</title>');
    expect((await ask('/api/call/x', { cookie }, 'POST')).text).toBe('reached');
    expect((await ask('/api/call/x', { cookie: `other=1; ${cookie}; more=2` }, 'POST')).text).toBe('reached');
  });
});

describe('requests caused by other sites', () => {
  test.each([
    ['a rebound name', { host: 'evil.example' }],
    ['the right name on another port', { host: '127.0.0.1:1' }],
    ['a foreign origin', { origin: 'http://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['another local port as origin', { origin: 'http://127.0.0.1:1' }],
    ['https instead of http', { origin: 'https://127.0.0.1' }],
    ['a cross-site fetch without Origin', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['a page on another local port', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
  ])('%s is refused even with the cookie', async (_name, headers) => {
    const cookie = await signIn();
    const before = reached;
    const answer = await ask('/api/call/x', { cookie, ...headers }, 'POST');
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'FORBIDDEN_ORIGIN' } });
    expect(reached).toBe(before);
  });

  test('the own origin is accepted', async () => {
    const cookie = await signIn();
    const origin = `http://127.0.0.1:${server.port}`;
    expect((await ask('/api/call/x', { cookie, origin, 'sec-fetch-site': 'same-origin' }, 'POST')).status).toBe(200);
  });
});

describe('pages', () => {
  test.each(['/', '/open', '/nothing', '/api/call/x'])('%s carries the security headers', async (target) => {
    const answer = await ask(target);
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(answer.headers['content-security-policy']).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(String(answer.headers['content-security-policy']).replaceAll("'wasm-unsafe-eval'", '')).not.toContain('unsafe');
    expect(answer.headers['x-frame-options']).toBe('DENY');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each(['/notes.txt', '/../package.json', '/%2e%2e/package.json', '//etc/passwd', '/page.js/', '/constructor'])(
    '%s is not a page',
    async (target) => {
      const cookie = await signIn();
      const answer = await ask(target, { cookie });
      expect([400, 403, 404]).toContain(answer.status);
      expect(answer.text).not.toContain('penumbra"');
    },
  );

  test('scripts come with their type', async () => {
    const cookie = await signIn();
    const answer = await ask('/page.js', { cookie });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8');
  });
});

test('a port in use is refused with the way out', async () => {
  await expect(serveLoopback({ port: server.port, page: await loadStaticFiles(dir), api: () => undefined })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    message: `port ${server.port} is in use by another program`,
    remedy: expect.stringContaining('--port') as string,
  });
});
