import { basename, dirname, join } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { LAYOUTS, withReferenceNames } from './layouts/reference-names.ts';
import { npzPieces } from './numpy/write.ts';
import { openWeights } from './open-weights.ts';
import { retypedBytes } from './retype.ts';
import { safetensorsPieces } from './safetensors/write.ts';
import { refuseExisting, writeNewFile, writeNewFolder } from './source/new-files.ts';
import type { StoredType } from './stored-type.ts';
import { tfjsFiles } from './tfjs/write.ts';
import type { WeightsFile } from './weights-file.ts';
import type { WritableTensor, WritableTensors } from './writable.ts';

export const TARGETS = ['safetensors', 'npz', 'tfjs'] as const;
export type Target = (typeof TARGETS)[number];

const SHOWN_CHARACTERS = 60;

export interface ConvertOptions {
  readonly target: Target;
  /** Round what the target cannot hold exactly to float32 instead of refusing it. */
  readonly roundToFloat32: boolean;
  /** Write files of other layouts (layouts/) under the names of the networks' references. */
  readonly referenceNames: boolean;
}

export interface Conversion {
  readonly target: Target;
  /** Format of what was read. */
  readonly from: string;
  readonly tensors: number;
  /** Tensors that took another type, with both. */
  readonly retyped: readonly { key: string; from: StoredType; to: StoredType }[];
  /** What the input held beside tensors and the output does not. */
  readonly leftOut: readonly { key: string; what: string }[];
}

/** The type that a target has for another; itself where none is named. */
const RETYPED: Readonly<Record<Target, Readonly<Partial<Record<StoredType, StoredType>>>>> = {
  safetensors: {},
  npz: { BF16: 'F32' },
  tfjs: { F64: 'F32', F16: 'F32', BF16: 'F32', I64: 'I32', I16: 'I32', I8: 'I32', U64: 'I32', U32: 'I32', U16: 'I32', U8: 'I32' },
};

/** The target that a path's ending asks for; null when it asks for none. */
export function targetOf(path: string): Target | null {
  if (path.endsWith('.safetensors')) return 'safetensors';
  if (path.endsWith('.npz')) return 'npz';
  return basename(path) === 'model.json' ? 'tfjs' : null;
}

/**
 * Writes a weights file of any format as another, one tensor at a time, reads it back and compares every bit before it takes its name.
 * For tfjs, `output` is model.json in a folder that is not there yet.
 * @throws PenumbraError BAD_REQUEST for reference names where there are none, EXPORT_TARGET_INVALID when the output exists, WEIGHTS_MISMATCH when a value does not fit the target's types, and what reading and writing throw
 */
export function convertWeights(input: string, output: string, options: ConvertOptions): Conversion {
  refuseExisting(options.target === 'tfjs' ? dirname(output) : output);
  using opened = openWeights(input);
  const file = basename(input);
  const weights = options.referenceNames ? underReferenceNames(opened, file) : opened;
  const retyped: { key: string; from: StoredType; to: StoredType }[] = [];
  const writable = new Map([...weights.tensors].map(([key, tensor]): [string, WritableTensor] => {
    const to = RETYPED[options.target][tensor.type] ?? tensor.type;
    if (to !== tensor.type) retyped.push({ key, from: tensor.type, to });
    return [key, { type: to, shape: tensor.shape, bytes: () => retypedBytes(key, tensor, to, { ...options, file }) }];
  }));
  write(output, writable, weights, options.target);
  return {
    target: options.target,
    from: weights.format,
    tensors: writable.size,
    retyped,
    leftOut: [
      ...[...weights.others].map(([key, what]) => ({ key, what })),
      // Only safetensors has a place for texts.
      ...(options.target === 'safetensors' ? [] : [...weights.metadata].filter(([key]) => !weights.others.has(key)).map(([key, text]) => ({ key, what: `text: ${shortened(text)}` }))),
    ],
  };
}

/** Asked for by name: passed over, it would look done. */
function underReferenceNames(opened: WeightsFile, file: string): WeightsFile {
  const named = withReferenceNames(opened, file);
  if (named.layout !== null) return named;
  const layouts = LAYOUTS.map(({ title }) => title).join(', ');
  throw new PenumbraError('BAD_REQUEST', `The names in ${file} are of none of the layouts that other names are known for: ${layouts}.`, {
    remedy: 'Leave out --reference-names.',
    details: { file, expected: layouts },
  });
}

function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

function write(output: string, tensors: WritableTensors, weights: WeightsFile, target: Target): void {
  switch (target) {
    case 'safetensors':
      writeNewFile(output, safetensorsPieces(tensors, weights.metadata), (draft) => checkReadBack(draft, tensors));
      return;
    case 'npz':
      writeNewFile(output, npzPieces(tensors), (draft) => checkReadBack(draft, tensors));
      return;
    case 'tfjs':
      writeNewFolder(dirname(output), tfjsFiles(tensors), (draft) => checkReadBack(join(draft, 'model.json'), tensors));
  }
}

/** Each tensor is made anew from the input and compared with what the disk gives back. */
function checkReadBack(draft: string, tensors: WritableTensors): void {
  using opened = openWeights(draft);
  const broken = [...tensors].find(([key, tensor]) => {
    const back = opened.tensors.get(key);
    return back?.type !== tensor.type || back.shape.join() !== tensor.shape.join() || Buffer.compare(back.bytes(), tensor.bytes()) !== 0;
  });
  if (broken === undefined && opened.tensors.size === tensors.size) return;
  throw new PenumbraError('WRITE_FAILED', `What was written reads back otherwise${broken === undefined ? '' : ` (tensor "${broken[0]}")`}; it was taken away again.`, {
    remedy: 'Check the disk and try again.',
    details: { file: draft, key: broken?.[0] ?? null },
  });
}
