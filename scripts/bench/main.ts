import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { coreStart, gestures } from './core-measures.ts';
import { fullSupervision, quickPath, refinementUnaries, type Measured } from './method-measures.ts';
import { printTable } from './table.ts';

const REPO = path.resolve(import.meta.dirname, '../..');
const WORK = path.join(REPO, '.tmp', 'bench');
const RESULTS = path.join(WORK, 'results.json');

const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false }, only: { type: 'string' } } });

const shared = process.env['PENUMBRA_SHARED'] ?? path.resolve(REPO, '../shared');
const voc = path.join(shared, 'data', 'voc-mini');
const sample = path.join(REPO, 'resources', 'sample');

/** In the order in which later ones use what earlier ones left behind. Each can be repeated alone; finished ones are kept. */
const MEASURES: Readonly<Record<string, () => Promise<Measured>>> = {
  'sample-quick': () => quickPath({ name: 'sample', root: sample, tags: `csv:${path.join(sample, 'labels.csv')}`, dir: path.join(WORK, 'sample'), limitMinutes: 6 }),
  'core-start': () => coreStart(path.join(WORK, 'sample')),
  gestures: () => gestures(path.join(WORK, 'sample')),
  'voc-quick': () => quickPath({ name: 'voc-mini', root: voc, tags: 'masks', dir: path.join(WORK, 'voc-mini'), limitMinutes: 20 }),
  'voc-refinement': () => refinementUnaries(path.join(WORK, 'voc-mini')),
  'voc-full-supervision': () => fullSupervision({ root: voc, dir: path.join(WORK, 'voc-full'), weakDir: path.join(WORK, 'voc-mini') }),
};

if (values.fresh) await rm(WORK, { recursive: true, force: true });
await mkdir(WORK, { recursive: true });
const results: Record<string, Measured> = existsSync(RESULTS) ? (JSON.parse(await readFile(RESULTS, 'utf8')) as Record<string, Measured>) : {};
const asked = values.only?.split(',') ?? Object.keys(MEASURES);
for (const name of asked) {
  const measure = MEASURES[name];
  if (measure === undefined) throw new Error(`--only: there is no measure "${name}"; there are ${Object.keys(MEASURES).join(', ')}`);
  if (results[name] !== undefined && values.only === undefined) {
    console.log(`${name}: measured before, kept (--fresh forgets it)`);
    continue;
  }
  if (name.startsWith('voc') && !existsSync(voc)) {
    console.log(`${name}: skipped, ${path.relative(REPO, voc)} is not there`);
    continue;
  }
  console.log(`${name} …`);
  results[name] = await measure();
  await writeFile(RESULTS, JSON.stringify(results, null, 2));
}
printTable(results);
