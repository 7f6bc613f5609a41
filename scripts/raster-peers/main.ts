import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { bench } from './bench.ts';
import { compare, type Agreement } from './compare.ts';
import { RasterReference } from './reference.ts';

const REPO = path.resolve(import.meta.dirname, '../..');
const WORK = path.join(REPO, '.tmp/raster-peers');
const Report = z.object({ seconds: z.record(z.string(), z.number()) });

const [, , kind, python = 'python3', count = kind === 'bench' ? '1' : '20'] = process.argv;
const voc = path.join(process.env['PENUMBRA_SHARED'] ?? path.resolve(REPO, '../shared'), 'data/voc-mini');
if (!existsSync(voc)) throw new Error(`${voc} is not there; PENUMBRA_SHARED names the folder that holds data/voc-mini`);
mkdirSync(WORK, { recursive: true });
// Evenly over the list, so that all kinds of photos are among them.
const all = readdirSync(path.join(voc, 'JPEGImages')).sort();
const photos = Array.from({ length: Number(count) }, (_, index) => all[Math.floor((index * all.length) / Number(count))] ?? '');

const agreements: Agreement[] = [];
for (const photo of photos) {
  const stem = path.parse(photo).name;
  const target = path.join(WORK, `${stem}.npz`);
  // What the peers made of a photo is kept, so that a run that was stopped goes on; a deleted file is made anew.
  const peer = kind === 'parity' && existsSync(target) ? null : askPeers(photo, stem, target);
  const reference = new RasterReference(target);
  if (peer !== null && kind === 'bench') bench(reference, peer);
  else {
    agreements.push(compare(reference));
    console.log(stem, JSON.stringify(agreements.at(-1)));
  }
}
if (kind === 'parity') {
  console.log(`\nworst of ${agreements.length} photos`);
  for (const key of Object.keys(agreements[0] ?? {})) {
    const values = agreements.map((one) => one[key] ?? NaN);
    console.log(`${key.padEnd(46)} ${key.startsWith('largest') ? Math.max(...values) : Math.min(...values)}`);
  }
}

function askPeers(photo: string, stem: string, target: string): z.infer<typeof Report> {
  const args = [path.join(voc, 'JPEGImages', photo), path.join(voc, 'SegmentationClass', `${stem}.png`), target, kind === 'bench' ? '3' : '1'];
  return Report.parse(JSON.parse(execFileSync(python, [path.join(import.meta.dirname, 'reference.py'), ...args], { encoding: 'utf8' })));
}
