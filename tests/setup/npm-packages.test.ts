import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installPackages, packagesInPlace } from '../../scripts/lib/packages.mjs';
import { createSay } from '../../scripts/lib/say.mjs';

let root: string;
const say = createSay(new PassThrough() as unknown as NodeJS.WriteStream);
const nodePackage = `node-${process.platform}-${process.arch}`;
const LOCK = {
  packages: {
    '': { name: 'clone' },
    'node_modules/one': { version: '1.0.0', integrity: 'sha512-one' },
    [`node_modules/${nodePackage}`]: { version: '24.0.0', integrity: 'sha512-node', optional: true },
    'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-other', optional: true },
  },
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'penumbra-npm-'));
  mkdirSync(join(root, 'path'));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(LOCK));
  vi.stubEnv('PATH', join(root, 'path'));
  vi.stubEnv('npm_execpath', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

/** An npm of which only what it leaves behind matters. */
function fakeNpm(script: string): void {
  const file = join(root, 'path', 'npm');
  writeFileSync(file, `#!/bin/sh\necho "$@" >> "${root}/calls"\n${script}\n`);
  chmodSync(file, 0o755);
}

const calls = (): string[] => (existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : []);

/** What a whole install leaves behind: no package of another platform. */
function leave(
  packages: Record<string, object> = { ...LOCK.packages, 'node_modules/other-platform': undefined as unknown as object },
): void {
  mkdirSync(join(root, 'node_modules', nodePackage, 'bin'), { recursive: true });
  writeFileSync(join(root, 'node_modules', nodePackage, 'bin', 'node'), '');
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
}

describe('npm packages', () => {
  it('are left alone, without a call of npm, when they are as the lock file says', async () => {
    leave();
    fakeNpm('exit 1');
    await installPackages(say, root);
    expect(calls()).toEqual([]);
  });

  it.each([
    ['a version', { ...LOCK.packages, 'node_modules/one': { version: '0.9.0', integrity: 'sha512-one' } }],
    ['a content', { ...LOCK.packages, 'node_modules/one': { version: '1.0.0', integrity: 'sha512-another' } }],
    ['a missing package', { '': {} }],
  ])('are seen to differ in %s', (_what, packages) => {
    leave(packages);
    expect(packagesInPlace(root)).toBe(false);
  });

  it('are seen to be half-installed: npm writes its own list last', () => {
    leave();
    rmSync(join(root, 'node_modules', '.package-lock.json'));
    expect(packagesInPlace(root)).toBe(false);
  });

  it('are installed by npm ci with scripts off', async () => {
    leave();
    const list = JSON.stringify({ packages: { ...LOCK.packages, 'node_modules/other-platform': undefined } });
    rmSync(join(root, 'node_modules', '.package-lock.json'));
    fakeNpm(`printf '%s' '${list}' > "${root}/node_modules/.package-lock.json"`);
    await installPackages(say, root);
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toMatch(/^ci --ignore-scripts /);
    expect(packagesInPlace(root)).toBe(true);
  });

  it.each([
    [
      'network',
      'npm error code ENOTFOUND\nnpm error network request failed, reason: getaddrinfo ENOTFOUND',
      'NO_NETWORK',
      'npm cannot reach its registry',
    ],
    ['disk', 'npm error code ENOSPC\nnpm error syscall write', 'DISK_FULL', 'The disk became full while npm installed packages'],
    [
      'lock file',
      'npm error code EUSAGE\nnpm error not in sync',
      'NPM_FAILED',
      'npm ci failed: npm error code EUSAGE | npm error not in sync',
    ],
  ])('failing for the %s is told with the way out', async (_what, stderr, code, message) => {
    fakeNpm(`printf '%s\\n' "${stderr}" >&2; exit 1`);
    const failed = await installPackages(say, root).catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
      remedy: expect.stringContaining('run the same command again') as string,
    });
  });

  it('without npm says how to get it', async () => {
    await expect(installPackages(say, root)).rejects.toMatchObject({
      code: 'NPM_FAILED',
      remedy: expect.stringContaining('apt-get install npm') as string,
    });
  });
});
