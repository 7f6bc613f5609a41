import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRunSamples, runSampleFile, RunSamples } from './run-samples.ts';

const RUN = 'run_000000000001';
let dir: string;
let failures: unknown[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penumbra-samples-'));
  failures = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const report = (name: string, change: object = {}) => ({
  position: 0,
  step: 'classifier',
  name,
  title: `Title of ${name}`,
  picture: { width: 2, height: 1, rgb: new Uint8Array(6) },
  ...change,
});
const told = { stored: () => undefined, failed: (error: unknown) => void failures.push(error) };
const files = () => readdirSync(join(dir, 'logs', `run-${RUN}.samples`)).sort();

it('keeps the newest picture of a name and step, oldest first', async () => {
  const samples = new RunSamples(dir, RUN);
  for (const name of ['a', 'b', 'a']) samples.add(report(name), told);
  samples.add(report('a', { position: 1, step: 'cams' }), told);
  await samples.settled();
  expect((await readRunSamples(dir, RUN)).map(({ id, step }) => [id, step])).toEqual([
    ['0-b', 'classifier'],
    ['0-a', 'classifier'],
    ['1-a', 'cams'],
  ]);
  expect(files()).toEqual(['0-a.png', '0-b.png', '1-a.png', 'index.json']);
  expect(failures).toEqual([]);
});

it('keeps 64 pictures, of which the oldest goes first', async () => {
  const samples = new RunSamples(dir, RUN);
  for (let at = 0; at < 67; at++) samples.add(report(`p${at}`), told);
  await samples.settled();
  const ids = (await readRunSamples(dir, RUN)).map(({ id }) => id);
  expect(ids).toEqual(Array.from({ length: 64 }, (_, at) => `0-p${at + 3}`));
  expect(files()).toHaveLength(65);
  expect(await runSampleFile(dir, RUN, '0-p2')).toBeNull();
  expect(await runSampleFile(dir, RUN, '0-p3')).toBe(join(dir, 'logs', `run-${RUN}.samples`, '0-p3.png'));
});

it.each([
  ['a name that leaves the folder', { name: '../../a' }],
  ['a name with capitals', { name: 'A' }],
  ['a step the run does not have', { position: -1 }],
  ['too few bytes', { picture: { width: 2, height: 2, rgb: new Uint8Array(6) } }],
  ['too many pixels', { picture: { width: 2001, height: 2000, rgb: new Uint8Array(2001 * 2000 * 3) } }],
])('refuses %s, and goes on', async (_, change) => {
  const samples = new RunSamples(dir, RUN);
  samples.add(report('a', change), told);
  samples.add(report('b'), told);
  await samples.settled();
  expect(failures).toHaveLength(1);
  expect(files()).toEqual(['0-b.png', 'index.json']);
});

it('cuts a title that is too long, and begins anew after a harmed index', async () => {
  const samples = new RunSamples(dir, RUN);
  samples.add(report('a', { title: 'x'.repeat(5000) }), told);
  await samples.settled();
  expect((await readRunSamples(dir, RUN))[0]?.title).toHaveLength(300);
  writeFileSync(join(dir, 'logs', `run-${RUN}.samples`, 'index.json'), '{');
  expect(await readRunSamples(dir, RUN)).toEqual([]);
  samples.add(report('b'), told);
  await samples.settled();
  expect((await readRunSamples(dir, RUN)).map(({ id }) => id)).toEqual(['0-b']);
});

it('says what could not be written, and does not reject', async () => {
  writeFileSync(join(dir, 'logs'), 'a file where the folder should be');
  const samples = new RunSamples(dir, RUN);
  samples.add(report('a'), told);
  await samples.settled();
  expect(failures).toHaveLength(1);
});
