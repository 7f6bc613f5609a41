import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { locateRoot } from './dataset-root.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penumbra-root-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('a folder of photos that the system refuses to look at is not found, and no error', () => {
  const loop = join(dir, 'loop');
  symlinkSync(loop, loop);
  expect(locateRoot(dir, { path: 'loop', relative: true })).toEqual({ path: loop, found: false });
  expect(locateRoot(dir, { path: join(loop, 'photos'), relative: false }).found).toBe(false);
  expect(locateRoot(dir, { path: '.', relative: true }).found).toBe(true);
});
