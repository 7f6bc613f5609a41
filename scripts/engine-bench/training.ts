import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { engineEnvironment } from '#main/ml/backend/environment.ts';
import type { Leaks } from './leak-measure.ts';
import type { LoaderTimes } from './loader-measure.ts';

/** Measures of training by itself, without PyTorch beside it. */
export const TRAINING_MEASURES = ['loader', 'leaks'] as const;

const MOST_WAITING = 0.05;
const MOST_GROWTH = 0.02;

/** Does one in a process of its own; a line for the table's end. */
export async function measureTraining(name: (typeof TRAINING_MEASURES)[number]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', path.join(import.meta.dirname, 'training-worker.ts'), name], { env: engineEnvironment() });
  const result: unknown = JSON.parse(stdout);
  if (name === 'loader') {
    const { steps, workers, seconds, waitedSeconds, share } = result as LoaderTimes;
    return `loader: ${waitedSeconds.toFixed(2)} s of ${seconds.toFixed(1)} s waited for photos over ${steps} steps with ${workers} workers: ${(100 * share).toFixed(2)} %, at most ${100 * MOST_WAITING} %: ${share < MOST_WAITING ? 'held' : 'missed'}`;
  }
  const { steps, tensors, residentBytes, growth } = result as Leaks;
  const [early, late] = residentBytes.map((bytes) => Math.round(bytes / 2 ** 20));
  const held = growth < MOST_GROWTH && tensors[0] === tensors[1];
  return `leaks: ${steps} steps, tensors ${tensors.join(' → ')}, resident ${early ?? 0} → ${late ?? 0} MiB: ${(100 * growth).toFixed(1)} %, at most ${100 * MOST_GROWTH} %: ${held ? 'held' : 'missed'}`;
}
