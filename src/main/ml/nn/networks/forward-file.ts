import { PenumbraError } from '#shared/errors.ts';
import type { BackendId } from '../../backend/backend.ts';
import { loadBackend } from '../../backend/load.ts';
import { encodeNpz } from '../../formats/npz.ts';
import { readWeights } from '../../weights/read-weights.ts';
import { writeNewFile } from '../../weights/source/new-files.ts';
import type { NetworkEntry } from './catalogue.ts';
import { forward } from './forward.ts';

export interface ForwardFileRequest {
  readonly entry: NetworkEntry;
  readonly classes: number;
  readonly taps: readonly string[];
  /** Paths. */
  readonly weights: string;
  readonly input: string;
  readonly output: string;
  readonly backend: BackendId;
}

/**
 * Runs a network on an array from a file and writes what came of it as .npz.
 * @returns names and shapes of the arrays written
 */
export async function forwardFile(request: ForwardFileRequest): Promise<{ name: string; shape: readonly number[] }[]> {
  const arrays = [...readWeights(request.input).values()];
  const [input] = arrays;
  if (input === undefined || arrays.length > 1) {
    throw new PenumbraError('BAD_REQUEST', `${request.input} holds ${arrays.length} arrays; expected one.`, {
      remedy: 'Save the input with numpy.save, as one float32 array.',
      details: { file: request.input, found: arrays.length },
    });
  }
  const weights = readWeights(request.weights);
  const backend = await loadBackend(request.backend);
  const results = await forward(backend, { ...request, weights, source: request.weights, input });
  const npz = encodeNpz(Object.fromEntries([...results].map(([name, { shape, values }]) => [name, { shape: [...shape], dtype: 'float32' as const, data: values }])));
  writeNewFile(request.output, [npz], () => undefined);
  return [...results].map(([name, { shape }]) => ({ name, shape }));
}
