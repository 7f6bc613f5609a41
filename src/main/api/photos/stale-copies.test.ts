import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sweepStaleCopies, type SweepParts } from './stale-copies.ts';

const LIVE = 'ab'.repeat(16);
const DEAD = 'ac'.repeat(16);
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'penumbra-thumbs-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function put(name: string): string {
  const file = path.join(dir, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'x');
  return file;
}
const parts = (change: Partial<SweepParts> = {}): SweepParts => ({
  dir,
  liveContents: () => Promise.resolve(new Set([LIVE])),
  whenFree: (work) => work(),
  isOver: () => false,
  nowMs: Date.now(),
  ...change,
});

it('deletes copies and tiles of contents that no photo has, and nothing else', async () => {
  const kept = [`ab/${LIVE}-256.webp`, `ab/${LIVE}-display.png`, `tiles-${LIVE}/0/0_0.jpeg`, `tiles-${DEAD}.building/0/0_0.jpeg`, 'ac/notes.txt', 'mine/photo.webp', 'ac/.tmp-1-2'].map(put);
  const stale = [`ac/${DEAD}-128.webp`, `ac/${DEAD}-256.webp`, `ac/${DEAD}-display.jpeg`, `tiles-${DEAD}/0/0_0.jpeg`].map(put);
  expect(await sweepStaleCopies(parts())).toBe(4);
  expect(kept.filter((file) => !existsSync(file))).toEqual([]);
  expect(stale.filter((file) => existsSync(file))).toEqual([]);
});

it('deletes what a writer that was killed long ago left', async () => {
  const file = put('ac/.tmp-1-2');
  utimesSync(file, 1, 1);
  expect(await sweepStaleCopies(parts())).toBe(1);
  expect(existsSync(file)).toBe(false);
});

it('keeps everything while it cannot be told what photos hold', async () => {
  const file = put(`ac/${DEAD}-256.webp`);
  expect(await sweepStaleCopies(parts({ liveContents: () => Promise.resolve(null) }))).toBe(0);
  expect(existsSync(file)).toBe(true);
});

it('keeps a copy that was made after the folder was listed', async () => {
  put(`ac/${DEAD}-256.webp`);
  const late = `ac/${'ac0'.padEnd(32, '0')}-256.webp`;
  await sweepStaleCopies(parts({ liveContents: () => Promise.resolve(new Set((put(late), [LIVE]))) }));
  expect(existsSync(path.join(dir, late))).toBe(true);
});

it('stops when told to', async () => {
  const files = [0, 1, 2].map((at) => put(`ac/${DEAD}-${at}.webp`));
  let deletions = 0;
  await sweepStaleCopies(parts({ isOver: () => deletions === 2, whenFree: (work) => ((deletions += 1), work()) }));
  expect(files.filter((file) => existsSync(file))).toHaveLength(1);
});

it('does nothing where there is no folder', async () => {
  expect(await sweepStaleCopies(parts({ dir: path.join(dir, 'none') }))).toBe(0);
});
