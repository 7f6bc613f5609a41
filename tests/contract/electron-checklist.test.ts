/** Electron's security checklist, as far as it is a matter of configuration; SECURITY.md names the test of each item. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerRequest, PAGE_SCHEME } from '#main/app/scheme.ts';
import { createHostCalls } from '#main/host/host-calls.ts';
import { Host } from '#main/host/host.ts';
import { pageDir } from '#main/host/open-host.ts';
import { loadStaticFiles } from '#main/server/static-files.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const filesBelow = (dir: string): string[] =>
  (readdirSync(path.join(root, dir), { recursive: true }) as string[]).map((name) => path.join(dir, name)).filter((name) => /\.(ts|vue|html|css)$/.test(name) && !name.endsWith('.test.ts'));

describe('SECURITY.md', () => {
  const rows = read('SECURITY.md').split('\n').filter((line) => /^\| \d+ \|/.test(line));

  it('holds every item of the checklist', () => {
    expect(rows.map((row) => Number(row.split('|')[1]))).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  it.each(rows.map((row) => [row.split('|')[2]?.trim() ?? '', row] as const))('%s names tests that exist', (_item, row) => {
    const tests = [...row.matchAll(/`([\w./-]+\.test\.ts)`/g)].map((match) => match[1] ?? '');
    expect(tests.length).toBeGreaterThan(0);
    for (const file of tests) expect(existsSync(path.join(root, file)), file).toBe(true);
  });
});

describe('what the page is made of', () => {
  it('comes from this machine alone: no address elsewhere but links to be opened outside', () => {
    for (const [address, { bytes, contentType }] of pageFiles) {
      if (/html|css/.test(contentType)) expect(bytes.toString(), address).not.toMatch(/(src|href|url)\s*[=(]\s*["']?https?:/);
    }
  });

  it('runs no code made from text: no eval, no new Function outside what is never reached', () => {
    for (const file of filesBelow('src/renderer')) expect(read(file), file).not.toMatch(/\beval\(|new Function\(|v-html|innerHTML/);
  });

  it('has no webviews, no frames and no Electron in it', () => {
    for (const file of [...filesBelow('src/renderer'), ...filesBelow('src/shared')]) {
      expect(read(file), file).not.toMatch(/<webview|<iframe|from 'electron'|enableBlinkFeatures|experimentalFeatures/);
    }
  });
});

it('the preload script hands the page verbs, never a channel or an event of Electron’s', () => {
  const text = read('src/preload/index.ts');
  expect(text.match(/exposeInMainWorld\('penumbra', verbs\)/g)).toHaveLength(1);
  expect(text.match(/exposeInMainWorld/g)).toHaveLength(1);
  // Channels are constants: none comes from the page.
  for (const [, channel] of text.matchAll(/ipcRenderer\.(?:invoke|send|on|removeListener)\(([^,)]+)/g)) expect(channel).toMatch(/^CHANNELS\.\w+$/);
  expect(text).not.toMatch(/sendSync|answer\(_event|listen\(_event/);
});

it('no switch weakens Chromium anywhere in the shell', () => {
  for (const file of [...filesBelow('src/main/app'), 'src/main/index.ts']) {
    expect(read(file), file).not.toMatch(/no-sandbox|appendSwitch|disable-web-security|ignore-certificate-errors|loadFile\(|file:\/\//);
  }
});

it('the scheme has an origin of its own and is exempt from no policy', () => {
  expect(PAGE_SCHEME).toEqual({ scheme: 'penumbra', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } });
});

it('the fuses for packaging: no Node through the back door, code from the checked archive alone', () => {
  expect(JSON.parse(read('resources/packaging/fuses.json'))).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  });
});

it('Electron is one that is still supported, pinned to one version', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
  expect(devDependencies['electron']).toMatch(/^(4[5-9]|[5-9]\d)\.\d+\.\d+$/);
});

const page = await loadStaticFiles(pageDir());
const pageFiles = page.files;

describe('penumbra://', () => {
  const host = new Host({
    shell: 'electron',
    version: '0',
    buildId: 'x',
    launch: { node: '/nonexistent', entry: '', env: {} },
    dataDir: '/nonexistent',
    sampleProject: () => Promise.reject(new Error('none')),
  });
  const ask = (address: string, init: RequestInit = {}): Promise<Response> => answerRequest({ host, calls: createHostCalls(host), page }, new Request(address, init));

  it('serves the page with its policy, on every answer', async () => {
    for (const address of ['penumbra://app/', 'penumbra://app/nothing', 'penumbra://app/api/call/project.get']) {
      const { headers } = await ask(address);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("script-src 'self' 'wasm-unsafe-eval';");
      expect(headers.get('content-security-policy')?.replaceAll("'wasm-unsafe-eval'", '')).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect(await (await ask('penumbra://app/')).text()).toContain('<title>Penumbra</title>');
  });

  it.each([
    'penumbra://app/../package.json',
    'penumbra://app/..%2f..%2fpackage.json',
    'penumbra://app//etc/passwd',
    'penumbra://app/assets/%2e%2e/%2e%2e/package.json',
    'penumbra://app/index.html',
    'penumbra://elsewhere/',
    'penumbra://app.evil/',
  ])('reaches no other file by %s', async (address) => {
    expect((await ask(address)).status).toBe(404);
  });

  it('answers calls of the host, and 503 for the API while no project is open', async () => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect(await (await ask('penumbra://app/host/call/host.state', post)).json()).toMatchObject({ ok: true, value: { shell: 'electron', core: 'none' } });
    expect((await ask('penumbra://app/host/call/host.quit', post)).status).toBe(404);
    expect((await ask('penumbra://app/host/call/host.state')).status).toBe(400);
    expect((await ask('penumbra://app/host/call/host.state', { ...post, body: '{"a":' })).status).toBe(400);
    expect((await ask('penumbra://app/host/call/host.state', { ...post, body: ' '.repeat(100 * 1024 * 1024) })).status).toBe(413);
    expect((await ask('penumbra://app/api/call/project.get', post)).status).toBe(503);
  });
});
