import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { decodeNpy, encodeNpy } from '#shared/formats/npy.ts';
import { greyOf } from '#shared/raster/colour/grey.ts';
import { canny } from '#shared/raster/filter/canny.ts';
import { resizeLikePil } from '#shared/raster/resize/pil.ts';
import { worstDifference } from '../../tests/support/raster-fixtures.ts';
import type { Measured } from '../bench/method-measures.ts';
import { askNode, askPython } from './peers.ts';
import { readVocPhoto, vocNames, WORK } from './voc-photos.ts';

/** Grid of a photo of 500 × 376 px at a quarter, where IRN walks. */
const GRID = { width: 125, height: 94 };
const PLANES = 2;
const [RADIUS, BETA, DOUBLINGS] = [5, 10, 8];
/** By the clock: on a machine with other work all squarings take an hour, and the bounds are decided after one. */
const LIMIT_S = 600;

const Own = z.object({ seconds: z.number(), bytes: z.number() });
const Theirs = Own.extend({ doublings: z.number() });

/**
 * IRN's walk against PyTorch squaring the dense matrix in float32, each in a process of its own: processor seconds of one thread, and peak memory beyond
 * the imports. Where PyTorch has not squared as often as asked for within the limit, the ratio of times is at most what it says.
 */
export async function walkAgainstTorch(torchPython: string): Promise<Measured> {
  const [name = ''] = vocNames(1);
  const edges = resizeLikePil(canny(greyOf(await readVocPhoto(name)), { low: 100, high: 200, norm: 'l1' }), 1, GRID, 'bilinear');
  const [edgesFile, scoresFile, ownFile, torchFile] = ['walk-edges.npy', 'walk-scores.npy', 'walk-own.npy', 'walk-torch.npy'].map((file) => path.join(WORK, file)) as [string, string, string, string];
  const grid = [GRID.height, GRID.width];
  writeFileSync(edgesFile, encodeNpy({ dtype: 'float32', shape: grid, data: Float32Array.from(edges.data, (value) => Math.min(1, value / 127)) }));
  const scores = Float32Array.from({ length: PLANES * GRID.width * GRID.height }, (_, at) => (((at * 2654435761) >>> 16) & 1023) / 1023);
  writeFileSync(scoresFile, encodeNpy({ dtype: 'float32', shape: [PLANES, ...grid], data: scores }));
  const ownWalk = (doublings: number): Promise<z.infer<typeof Own>> => askNode('walk-once.ts', [edgesFile, scoresFile, ownFile, ...[RADIUS, BETA, doublings].map(String)], Own);
  const own = await ownWalk(DOUBLINGS);
  const theirs = await askPython(torchPython, 'walk.py', [edgesFile, scoresFile, torchFile, ...[RADIUS, BETA, DOUBLINGS, LIMIT_S].map(String)], Theirs);
  const squared = theirs.doublings < DOUBLINGS ? ` for ${theirs.doublings} of ${DOUBLINGS} squarings` : '';
  if (squared !== '') await ownWalk(theirs.doublings); // to compare the same walk
  const [ours, torch] = [ownFile, torchFile].map((file) => decodeNpy(readFileSync(file), file).data);
  return [
    { figure: `walk on ${GRID.width} × ${GRID.height}, radius ${RADIUS}, 2^${DOUBLINGS} steps, ${PLANES} planes: time`, value: own.seconds / theirs.seconds, unit: `× (${own.seconds.toFixed(1)} s against ${theirs.seconds.toFixed(0)} s${squared})`, atMost: 0.5 },
    { figure: 'walk: memory', value: own.bytes / theirs.bytes, unit: `× (${Math.round(own.bytes / 1e6)} MB against ${Math.round(theirs.bytes / 1e6)} MB)`, atMost: 0.1 },
    { figure: `walk: largest difference after 2^${theirs.doublings} steps`, value: worstDifference(ours ?? [], torch ?? []), unit: '' },
  ];
}
