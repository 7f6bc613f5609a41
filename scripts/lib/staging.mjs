/** Folders that appear whole or not at all: made under staging/, renamed into place when complete. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { cacheRoot } from './cache.mjs';
import { errorCode, fileError } from './errors.mjs';

/** The one lock of everything that writes into the cache. */
export function cacheLock() {
  return join(cacheRoot(), 'setup.lock');
}

/** Where wheels lie until they are unpacked; files brought by hand are found here too. */
export function downloadsDir() {
  return join(cacheRoot(), 'downloads');
}

/**
 * Builds a folder in staging and renames it to `target`. Call while holding the cache lock: whatever else lies in staging
 * was left by a killed set-up and is swept.
 * @param {string} target
 * @param {(dir: string) => Promise<void>} build
 */
export async function placeFolder(target, build) {
  if (!target.startsWith(cacheRoot() + sep)) throw new Error(`${target} is outside the cache`);
  const staging = join(cacheRoot(), 'staging');
  try {
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { recursive: true });
    const dir = mkdtempSync(join(staging, 'new-'));
    await build(dir);
    mkdirSync(dirname(target), { recursive: true });
    // An incomplete or outdated folder of that name is moved out of the way first; rename cannot replace it.
    if (existsSync(target)) renameSync(target, join(staging, 'old'));
    renameSync(dir, target);
  } catch (thrown) {
    throw errorCode(thrown) === undefined ? thrown : fileError(thrown, 'setting up', join(staging, '.'));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
