/** As walk.py: `node walk-once.ts EDGES.npy SCORES.npy OUT.npy RADIUS BETA DOUBLINGS`. Seconds are those of making the transitions and walking. */
import { readFileSync, writeFileSync } from 'node:fs';
import { decodeNpy, encodeNpy } from '#shared/formats/npy.ts';
import type { Planes } from '#shared/raster/planes.ts';
import { edgeAffinities } from '#shared/raster/walk/affinities.ts';
import { randomWalk } from '#shared/raster/walk/random-walk.ts';
import { statusBytes } from './status-bytes.ts';

const [, , edgesFile = '', scoresFile = '', target = '', ...numbers] = process.argv;
const [radius = 0, beta = 0, doublings = 0] = numbers.map(Number);

function planesIn(file: string): Planes {
  const { dtype, shape, data } = decodeNpy(readFileSync(file), file);
  if (dtype !== 'float32') throw new Error(`${file} is ${dtype}`);
  const [count = 1, height = 0, width = 0] = shape.length === 3 ? shape : [1, ...shape];
  return { count, height, width, data };
}

const imported = statusBytes('VmRSS');
const edges = planesIn(edgesFile);
const scores = planesIn(scoresFile);
const before = process.cpuUsage();
const walked = randomWalk(scores, edgeAffinities(edges, radius), { beta, doublings });
const { user, system } = process.cpuUsage(before);
writeFileSync(target, encodeNpy({ dtype: 'float32', shape: [walked.count, walked.height, walked.width], data: walked.data }));
console.log(JSON.stringify({ seconds: (user + system) / 1e6, bytes: statusBytes('VmHWM') - imported }));
