import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import type { ByteSource } from '#shared/formats/byte-source.ts';
import { fittingNetworks, type FittingNetwork } from '../nn/networks/fitting.ts';
import { guessArchitecture, type ArchitectureGuess } from './guess-architecture.ts';
import { withReferenceNames } from './layouts/reference-names.ts';
import { matchKnown, type KnownMatch } from './known-weights.ts';
import { camDictionary, type CamDictionary } from './numpy/cam-dictionary.ts';
import { openWeights } from './open-weights.ts';
import { fileSource } from './source/file-source.ts';
import { STORED_BYTES, type StoredType } from './stored-type.ts';
import { elementCount } from './strided.ts';
import type { StoredTensor, WeightsFile } from './weights-file.ts';

const HASH_STEP_BYTES = 2 ** 24;
/** No published network has weights beyond this; those of a run that went wrong do. */
const LARGE = 1e6;

export interface TensorFacts {
  readonly key: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly elements: number;
}

export interface Inspection {
  readonly file: string;
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly known: KnownMatch | null;
  readonly architecture: ArchitectureGuess | null;
  /** Networks here that load the file as a whole. */
  readonly fits: readonly FittingNetwork[];
  readonly cams: CamDictionary | null;
  readonly tensors: readonly TensorFacts[];
  readonly totals: { readonly tensors: number; readonly elements: number; readonly bytes: number };
  readonly metadata: Readonly<Record<string, string>>;
  readonly others: readonly { key: string; what: string }[];
  /** Values that weights of a trained network do not have, by tensor. */
  readonly suspicious: readonly { key: string; what: string }[];
}

/**
 * What a weights file of any format holds. Reads it once for its hash and once tensor by tensor.
 * @throws PenumbraError as openWeights
 */
export function inspectWeights(path: string): Inspection {
  using opened = openWeights(path);
  const tensors = [...opened.tensors].map(([key, { type, shape }]): TensorFacts => ({ key, type, shape, elements: elementCount(shape) }));
  let bytes = 0;
  let sha256 = '';
  for (const part of opened.paths) {
    using source = fileSource(part);
    bytes += source.byteLength;
    // Of model.json alone where there are shards: they have no hash of their own.
    if (part === path) sha256 = hashOf(source);
  }
  return {
    file: path,
    format: opened.format,
    bytes,
    sha256,
    known: matchKnown(basename(path), sha256),
    architecture: guessArchitecture(new Map(tensors.map(({ key, shape }) => [key, shape]))),
    fits: fitting(opened, basename(path)),
    cams: camDictionary(opened.tensors),
    tensors,
    totals: {
      tensors: tensors.length,
      elements: tensors.reduce((sum, { elements }) => sum + elements, 0),
      bytes: tensors.reduce((sum, { elements, type }) => sum + elements * STORED_BYTES[type], 0),
    },
    metadata: Object.fromEntries(opened.metadata),
    others: [...opened.others].map(([key, what]) => ({ key, what })),
    suspicious: [...opened.tensors].flatMap(([key, tensor]) => suspicions(key, tensor).map((what) => ({ key, what }))),
  };
}

function fitting(opened: WeightsFile, file: string): FittingNetwork[] {
  try {
    return fittingNetworks(new Map([...withReferenceNames(opened, file).tensors].map(([key, { shape }]) => [key, shape])));
  } catch (thrown) {
    // Two tensors of one name: no network loads that, and what the file holds is told all the same.
    if (thrown instanceof PenumbraError) return [];
    throw thrown;
  }
}

function hashOf(source: ByteSource): string {
  const hash = createHash('sha256');
  for (let at = 0; at < source.byteLength; at += HASH_STEP_BYTES) hash.update(source.read(at, Math.min(at + HASH_STEP_BYTES, source.byteLength)));
  return hash.digest('hex');
}

function suspicions(key: string, tensor: StoredTensor): string[] {
  if (!['F64', 'F32', 'F16', 'BF16'].includes(tensor.type)) return [];
  let [nan, infinite, large, negative, nonZero] = [0, 0, 0, 0, 0];
  const values = tensor.values();
  // By index: several times as fast as an iterator over hundreds of millions of values.
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    if (value !== 0) nonZero += 1;
    if (value < 0) negative += 1;
    if (Number.isNaN(value)) nan += 1;
    else if (!Number.isFinite(value)) infinite += 1;
    else if (Math.abs(value) > LARGE) large += 1;
  }
  const found: string[] = [];
  if (nan > 0) found.push(`${nan} of ${values.length} values are not numbers (NaN)`);
  if (infinite > 0) found.push(`${infinite} of ${values.length} values are infinite`);
  if (large > 0) found.push(`${large} of ${values.length} values are beyond ±${LARGE}`);
  if (/\.(?:running|moving)_var$/.test(key) && negative > 0) found.push(`${negative} of ${values.length} variances are negative`);
  if (/weight$/.test(key) && values.length > 1 && nonZero === 0) found.push('every value is 0');
  return found;
}
