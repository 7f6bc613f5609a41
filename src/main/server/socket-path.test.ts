import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newSocketPath } from './socket-path.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp('/tmp/pn-');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('lies in a folder that only this user may enter', async () => {
  const socket = newSocketPath({ XDG_RUNTIME_DIR: dir });
  expect(path.dirname(socket)).toBe(path.join(dir, 'penumbra'));
  expect((await stat(path.dirname(socket))).mode & 0o777).toBe(0o700);
});

test('two cores never share one', () => {
  expect(newSocketPath({ XDG_RUNTIME_DIR: dir })).not.toBe(newSocketPath({ XDG_RUNTIME_DIR: dir }));
});

test('a folder open to others, or a link, is not used', async () => {
  await mkdir(path.join(dir, 'penumbra'));
  await chmod(path.join(dir, 'penumbra'), 0o755);
  expect(newSocketPath({ XDG_RUNTIME_DIR: dir })).not.toContain(dir);
  await rm(path.join(dir, 'penumbra'), { recursive: true });
  await mkdir(path.join(dir, 'other'), { mode: 0o700 });
  await symlink(path.join(dir, 'other'), path.join(dir, 'penumbra'));
  expect(newSocketPath({ XDG_RUNTIME_DIR: dir })).not.toContain(dir);
});

test('a path too long for a socket is not used', async () => {
  const long = path.join(dir, 'x'.repeat(90));
  await mkdir(long);
  const socket = newSocketPath({ XDG_RUNTIME_DIR: long });
  expect(socket).not.toContain(long);
  expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(103);
});

test('sockets of dead cores are swept, others stay', async () => {
  await mkdir(path.join(dir, 'penumbra'), { mode: 0o700 });
  const names = { dead: 'core-999999999-0123456789ab.sock', own: `core-${process.pid}-0123456789ab.sock`, other: 'notes.txt' };
  for (const name of Object.values(names)) await writeFile(path.join(dir, 'penumbra', name), '');
  newSocketPath({ XDG_RUNTIME_DIR: dir });
  expect((await readdir(path.join(dir, 'penumbra'))).sort()).toEqual([names.own, names.other].sort());
});
