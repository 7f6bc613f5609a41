import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { CRF_ROWS } from '#shared/raster/crf/crf-rows.ts';
import { unaryFromScores } from '#shared/raster/crf/unary.ts';
import { resizeLikePil } from '#shared/raster/resize/pil.ts';
import { startRasterPool } from '#main/ml/workers/raster-pool.ts';
import type { Measured } from '../bench/method-measures.ts';
import { askNode, askPython, Bytes, Seconds } from './peers.ts';
import { readVocPhoto, vocNames, WORK } from './voc-photos.ts';

const LABELS = 21;
const ROUNDS = 3;
/** A round's images: ours for each of two threads, and the peer's. */
const IMAGES_A_THREAD = 4;
const PEER_IMAGES = 4;

/** Images a second: ours in two threads of a pool, the peer's in one process, in turn; of each the best round, as other work slows both. */
export async function crfThroughput(python: string): Promise<Measured> {
  const { image, scores, files } = await crfInput();
  const pool = startRasterPool(2);
  const input = { image, unary: unaryFromScores(scores), parameters: CRF_ROWS.psa };
  const [own, theirs]: [number[], number[]] = [[], []];
  try {
    // Threads load and compile.
    await Promise.all([pool.run('crf', input), pool.run('crf', input)]);
    for (let round = 0; round < ROUNDS; round++) {
      const startMs = performance.now();
      await Promise.all(Array.from({ length: 2 * IMAGES_A_THREAD }, () => pool.run('crf', input)));
      own.push((2 * IMAGES_A_THREAD * 1000) / (performance.now() - startMs));
      const { seconds } = await askPython(python, 'crf.py', [...files, String(PEER_IMAGES)], Seconds);
      theirs.push(1 / seconds);
    }
  } finally {
    await pool.close();
  }
  const [ours, peer] = [Math.max(...own), Math.max(...theirs)];
  const figure = `dense CRF, ${LABELS} labels, ${image.width} × ${image.height}: images a second on 2 cores against pydensecrf's on one`;
  return [{ figure, value: ours / peer, unit: `× (${ours.toFixed(2)} against ${peer.toFixed(2)})`, atLeast: 1.3 }];
}

/** Most memory that a fresh process takes for one CRF, beyond what its imports took. */
export async function crfMemory(python: string): Promise<Measured> {
  const { files } = await crfInput();
  const own = await askNode('crf-once.ts', files, Bytes);
  const theirs = await askPython(python, 'crf.py', [...files, '1'], Seconds.extend({ bytes: z.number() }));
  return [{ figure: `dense CRF, ${LABELS} labels: peak memory`, value: own.bytes / theirs.bytes, unit: `× (${mb(own.bytes)} against ${mb(theirs.bytes)})`, atMost: 1.5 }];
}

/** A photo of 481 × 321 with scores for 21 labels in wide stripes, and the same as files. */
async function crfInput() {
  const [name = ''] = vocNames(1);
  const photo = await readVocPhoto(name);
  const [width, height] = [481, 321];
  const { data } = resizeLikePil(photo, 3, { width, height }, 'bicubic');
  const plane = width * height;
  const scores = Float32Array.from({ length: LABELS * plane }, (_, at) => {
    const label = Math.floor((((at % plane) % width) * LABELS) / width);
    return (Math.floor(at / plane) === label ? 0.6 : 0.02) + (((at * 2654435761) >>> 16) & 1023) / 20_480;
  });
  const files = [path.join(WORK, 'crf-image.u8'), path.join(WORK, 'crf-scores.f32')] as const;
  writeFileSync(files[0], data);
  writeFileSync(files[1], scores);
  return { image: { width, height, data }, scores: { count: LABELS, width, height, data: scores }, files: [...files, String(width), String(height), String(LABELS)] };
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
