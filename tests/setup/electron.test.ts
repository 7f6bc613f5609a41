import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bringElectron, electronInPlace, whyNoWindow } from '../../scripts/lib/electron.mjs';
import { createSay } from '../../scripts/lib/say.mjs';

let dir: string;
let packageDir: string;
let env: Record<string, string>;
const said: string[] = [];
const say = { ...createSay(), line: (text: string) => void said.push(text) };
const DAY_MS = 24 * 60 * 60 * 1000;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penumbra-electron-'));
  packageDir = join(dir, 'electron');
  mkdirSync(packageDir);
  env = { PENUMBRA_CACHE: join(dir, 'cache'), PATH: process.env['PATH'] ?? '' };
  said.length = 0;
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Stands in for Electron's own installer; counts how often it ran. */
function installer(body: string): { runs: () => boolean } {
  writeFileSync(join(packageDir, 'package.json'), '{"type":"commonjs"}');
  writeFileSync(join(packageDir, 'install.js'), `const fs = require('fs'); fs.writeFileSync(__dirname + '/ran', ''); ${body}`);
  return {
    runs() {
      const ran = existsSync(join(packageDir, 'ran'));
      rmSync(join(packageDir, 'ran'), { force: true });
      return ran;
    },
  };
}

const SUCCEEDS = `fs.mkdirSync(__dirname + '/dist'); fs.writeFileSync(__dirname + '/dist/electron', ''); fs.writeFileSync(__dirname + '/path.txt', 'electron');`;

describe.skipIf(process.platform !== 'linux')('bringing Electron', () => {
  it('downloads it once, with its own installer', async () => {
    const { runs } = installer(SUCCEEDS);
    const program = join(packageDir, 'dist', 'electron');
    expect(await bringElectron(say, { env, packageDir })).toEqual({ program });
    expect(runs()).toBe(true);
    expect(await bringElectron(say, { env, packageDir })).toEqual({ program });
    expect(runs()).toBe(false);
    expect(said).toEqual(['Downloading Electron …']);
  });

  it('remembers for a day that it could not be had, and says why', async () => {
    const { runs } = installer(`console.error('    at x\\nTypeError: fetch failed\\n'); process.exit(1);`);
    const first = await bringElectron(say, { env, packageDir, nowMs: 0 });
    expect(first).toEqual({ program: null, reason: 'Electron could not be downloaded (TypeError: fetch failed)' });
    expect(runs()).toBe(true);
    expect(await bringElectron(say, { env, packageDir, nowMs: DAY_MS - 1 })).toMatchObject({ program: null, reason: expect.stringContaining('fetch failed') as string });
    expect(runs()).toBe(false);
    await bringElectron(say, { env, packageDir, nowMs: DAY_MS });
    expect(runs()).toBe(true);
  });

  it('does not wait longer than its limit', async () => {
    installer(`setInterval(() => {}, 1000);`);
    expect(await bringElectron(say, { env, packageDir, downloadMs: 300 })).toMatchObject({ program: null, reason: expect.stringContaining('took longer') as string });
  });

  it('takes the one that ELECTRON_OVERRIDE_DIST_PATH names, and nothing else then', async () => {
    const { runs } = installer(SUCCEEDS);
    const dist = join(dir, 'own');
    const own = { ...env, ELECTRON_OVERRIDE_DIST_PATH: dist };
    expect(await bringElectron(say, { env: own, packageDir })).toEqual({ program: null, reason: `ELECTRON_OVERRIDE_DIST_PATH names ${dist}, which holds no electron` });
    expect(runs()).toBe(false);
    mkdirSync(dist);
    writeFileSync(join(dist, 'electron'), '');
    expect(electronInPlace(own, packageDir)).toEqual({ program: join(dist, 'electron') });
  });

  it('needs a display', () => {
    expect(whyNoWindow({})).toBe('there is no display');
    const root = process.getuid?.() === 0;
    expect(whyNoWindow({ DISPLAY: ':0' })).toBe(root ? 'Electron does not run as root' : null);
  });
});
