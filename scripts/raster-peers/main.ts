import { existsSync, mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Measured } from '../bench/method-measures.ts';
import { printTable } from '../bench/table.ts';
import { benchBrowser } from './browser.ts';
import { judgeAgreements, type Agreement } from './bounds.ts';
import { compare } from './compare.ts';
import { crfMemory, crfThroughput } from './crf-measures.ts';
import { largePhotos } from './large-measures.ts';
import { makeReference, referenceFile } from './photo-reference.ts';
import { RasterReference } from './reference.ts';
import { sideBySide } from './side-by-side.ts';
import { vocNames, WORK } from './voc-photos.ts';
import { walkAgainstTorch } from './walk-measures.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, photos: { type: 'string', default: '20' }, python: { type: 'string', default: 'python3' }, 'torch-python': { type: 'string' } },
});
const { python, 'torch-python': torchPython } = values;

/** Each can be run alone by --only. */
const MEASURES: Readonly<Record<string, (() => Promise<Measured>) | null>> = {
  'side-by-side': () => sideBySide(python),
  'crf-memory': () => crfMemory(python),
  browser: benchBrowser,
  large: largePhotos,
  'crf-throughput': () => crfThroughput(python),
  walk: torchPython === undefined ? null : () => walkAgainstTorch(torchPython),
};

mkdirSync(WORK, { recursive: true });
if (positionals[0] === 'bench') await bench();
else await parity(Number(values.photos));

async function bench(): Promise<void> {
  for (const name of values.only?.split(',') ?? Object.keys(MEASURES)) {
    const measure = MEASURES[name];
    if (measure === undefined) throw new Error(`--only: there is no measure "${name}"; there are ${Object.keys(MEASURES).join(', ')}`);
    console.log(`${name} …`);
    if (measure === null) console.log('left out: it needs PyTorch; PENUMBRA_TORCH_PYTHON may name a Python that has it, and --only walk installs one (5 GB)');
    // At once, so that what was measured stays when a later measure is broken off.
    else printTable({ [name]: await measure() });
  }
}

async function parity(count: number): Promise<void> {
  const agreements: Agreement[] = [];
  for (const name of vocNames(count)) {
    // What the peers made of a photo is kept, so that a run that was stopped goes on; a deleted file is made anew.
    const reference = existsSync(referenceFile(name)) ? new RasterReference(referenceFile(name)) : (await makeReference(python, name, 1)).reference;
    agreements.push(compare(reference));
    console.log(name, JSON.stringify(agreements.at(-1)));
  }
  const verdicts = judgeAgreements(agreements);
  console.log(`\n| worst of ${agreements.length} photos | | bound | |\n| --- | --- | --- | --- |`);
  for (const { key, worst, bound, held } of verdicts) console.log(`| ${key} | ${Number(worst.toPrecision(6))} | ${bound} | ${held ? (bound === '' ? '' : 'held') : 'missed'} |`);
  const missed = verdicts.filter(({ held }) => !held);
  if (missed.length === 0) return;
  console.error(`Missed: ${missed.map(({ key }) => key).join('; ')}.`);
  process.exitCode = 1;
}
