import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPackageIndex, type PackageIndex } from './support/package-index.ts';
import { LIBRARY_BYTES, Workplace } from './support/workplace.ts';

let place: Workplace;
let index: PackageIndex;

beforeEach(async () => {
  place = new Workplace();
  place.writeManifests({ withoutWeights: true });
  index = await startPackageIndex([place.engine]);
});
afterEach(async () => {
  await index.close();
  place.clear();
});

/** Bytes that the download writes before unpacking begins. */
const wheelBytes = (): number => place.engine.content.length;

/** A file system of that size at the cache's place, or null where this user may not mount. */
function mountSmallDisk(megabytes: number): (() => void) | null {
  mkdirSync(place.cache, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', place.cache], { stdio: 'ignore' });
  } catch {
    return null;
  }
  return () => execFileSync('umount', [place.cache]);
}

describe('a disk that is full', () => {
  it('is told before the download when the need is known to be larger', async () => {
    place.writeManifests({ withoutWeights: true, unpackedBytes: 1e18 });
    const outcome = await place.setUp(index.url);
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.output).toMatch(/Fake TensorFlow 9\.9\.9 needs 1000000000\.\d\d GB in .*downloads; [\d.]+ [GM]B are free/);
    expect(index.total()).toBe(0);
  });

  it('stops the download with the way out, and what came is used the next time', async () => {
    const outcome = await place.setUp(index.url, { BAD_DISK_FULL_AFTER: '1000000' });
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.output).toContain('The disk became full while downloading fake-tensorflow 9.9.9');
    expect(outcome.output).toContain('Way out: Free some space');
    expect(place.installed()).toEqual([]);
    expect(place.leftovers()).toEqual([]);

    expect(await place.setUp(index.url)).toMatchObject({ code: 0 });
    expect(index.requests.at(-1)?.range).toMatch(/^bytes=\d+-$/);
  });

  it('stops unpacking with nothing half-installed, and needs no second download', async () => {
    const outcome = await place.setUp(index.url, { BAD_DISK_FULL_AFTER: String(wheelBytes() + LIBRARY_BYTES / 2) });
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.output).toContain('The disk became full while unpacking tensorflow/libtensorflow_cc.so.2');
    expect(place.installed()).toEqual([]);
    expect(place.leftovers()).toEqual([]);

    const asked = index.total();
    expect(await place.setUp(index.url)).toMatchObject({ code: 0 });
    expect(index.total()).toBe(asked);
  });

  it('is met on a real small file system too', async ({ skip }) => {
    const unmount = mountSmallDisk(4);
    if (unmount === null) {
      skip('this user may not mount a tmpfs');
      return;
    }
    try {
      const outcome = await place.setUp(index.url, { BAD_DISK_FULL_AFTER: 'Infinity' });
      expect(outcome).toMatchObject({ code: 1 });
      // 4 MB are free; the check beforehand asks for more.
      expect(outcome.output).toMatch(/Fake TensorFlow 9\.9\.9 needs .* 4\.\d MB are free/);
      expect(place.installed()).toEqual([]);
    } finally {
      unmount();
    }
  });
});

it('names the folder that cannot be written to', async () => {
  const outcome = await place.setUp(index.url, { BAD_DISK_READ_ONLY: place.cache });
  expect(outcome).toMatchObject({ code: 1 });
  expect(outcome.output).toContain(`No permission to write while taking the set-up lock in ${place.cache} (EROFS)`);
  expect(outcome.output).toContain('PENUMBRA_CACHE');
});

describe('a kill in the middle', () => {
  it.each([
    ['of the download', () => 1_500_000],
    ['of unpacking the large library', () => wheelBytes() + 1_500_000],
    ['of unpacking the last file', () => wheelBytes() + LIBRARY_BYTES + 5],
  ])('%s leaves nothing that could be taken for an engine, and the next set-up finishes', async (_where, killAfter) => {
    const killed = await place.setUp(index.url, { BAD_DISK_KILL_AFTER: String(killAfter()) });
    expect(killed.signal).toBe('SIGKILL');
    expect(place.installed()).toEqual([]);
    // The lock and the staging folder of the dead process are still there ...
    expect(place.leftovers()).toContain('setup.lock');

    expect(await place.setUp(index.url)).toMatchObject({ code: 0 });
    expect(existsSync(join(place.engineDir, 'engine.json'))).toBe(true);
    // ... and are gone now.
    expect(place.leftovers()).toEqual([]);
    expect(readdirSync(place.downloads)).toEqual([]);
  });
});

describe('two set-ups at once', () => {
  it('take turns: one installs, the other finds all in place', async () => {
    const both = await Promise.all([place.setUp(index.url), place.setUp(index.url)]);
    expect(both.map((outcome) => outcome.code)).toEqual([0, 0]);
    expect(both.filter((outcome) => outcome.output.includes('is at work; waiting for it'))).toHaveLength(1);
    expect(index.requests).toHaveLength(1);
    expect(place.leftovers()).toEqual([]);
  });

  it('do not wait for a process id that belongs to another process by now', async () => {
    mkdirSync(place.cache, { recursive: true });
    // This very process lives, but it did not start at tick 1.
    writeFileSync(join(place.cache, 'setup.lock'), `${process.pid} 1\n`);
    expect(await place.setUp(index.url)).toMatchObject({ code: 0 });
  });
});
