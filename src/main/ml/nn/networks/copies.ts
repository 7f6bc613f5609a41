import { PenumbraError } from '#shared/errors.ts';
import type { HostTensor, HostTensors } from '../host-tensor.ts';

/** The name of the tensor that a key of the reference's files is a second copy of; null where it is none. */
export type OriginalOf = (key: string) => string | null;

/** What stands at each place of the modules that a reference lists once more, such as `stage1.0`. */
type Stages = readonly Readonly<Record<string, string>>[];

/** jiwoon-ahn/irn net/resnet50_cam.py: four stages, the first of which holds the stem. */
const IRN_STAGES: Stages = [{ 0: 'conv1', 1: 'bn1', 4: 'layer1' }, { 0: 'layer2' }, { 0: 'layer3' }, { 0: 'layer4' }];
/** shjo-april/PuzzleCAM core/networks.py: five, the first of which is the stem. */
const PUZZLE_STAGES: Stages = [{ 0: 'conv1', 1: 'bn1' }, { 0: 'layer1' }, { 0: 'layer2' }, { 0: 'layer3' }, { 0: 'layer4' }];

function staged(stages: Stages, stage: number, place: string | undefined, rest: string | undefined, prefix: string): string | null {
  const module = stages[stage]?.[place ?? ''];
  return module === undefined ? null : `${prefix}${module}.${rest ?? ''}`;
}

/** IRN holds its stages as `stage1` to `stage4`, again as `backbone.0` to `backbone.3`, and its head again as `newly_added`. */
export const irnOriginal: OriginalOf = (key) => {
  if (key.startsWith('newly_added.0.')) return key.replace('newly_added.0', 'classifier');
  const [, stage, listed, place, rest] = /^(?:stage(\d)|backbone\.(\d))\.(\d)\.(.+)$/.exec(key) ?? [];
  return staged(IRN_STAGES, listed === undefined ? Number(stage) - 1 : Number(listed), place, rest, 'resnet50.');
};

/** Puzzle-CAM holds its stages as `stage1` to `stage5`. */
export const puzzleOriginal: OriginalOf = (key) => {
  const [, stage, place, rest] = /^stage(\d)\.(\d)\.(.+)$/.exec(key) ?? [];
  return staged(PUZZLE_STAGES, Number(stage) - 1, place, rest, 'model.');
};

/**
 * The tensors without those that the reference holds twice. A copy of what the file has not stays, for the network to refuse.
 * @throws PenumbraError WEIGHTS_MISMATCH for a copy that differs from its original
 */
export function withoutCopies(weights: HostTensors, originalOf: OriginalOf, source: string): { readonly weights: HostTensors; readonly copies: number } {
  const kept = new Map<string, HostTensor>();
  for (const [key, tensor] of weights) {
    const name = originalOf(key);
    const original = name === null ? undefined : weights.get(name);
    if (name === null || original === undefined) kept.set(key, tensor);
    else if (!areAlike(tensor, original)) throw differs(source, key, tensor, name, original);
  }
  return { weights: kept, copies: weights.size - kept.size };
}

function areAlike(a: HostTensor, b: HostTensor): boolean {
  return a.shape.join() === b.shape.join() && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf({ values }: HostTensor): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function differs(source: string, key: string, tensor: HostTensor, name: string, original: HostTensor): PenumbraError {
  const sameShape = tensor.shape.join() === original.shape.join();
  const position = sameShape ? tensor.values.findIndex((value, i) => !Object.is(value, original.values[i])) : -1;
  const found = sameShape ? `${tensor.values[position] ?? 0} at position ${position}` : `the shape (${tensor.shape.join(', ')})`;
  const expected = sameShape ? `${original.values[position] ?? 0}` : `(${original.shape.join(', ')})`;
  return new PenumbraError('WEIGHTS_MISMATCH', `The weights in ${source} contradict themselves: ${key} holds ${found}; expected ${expected}, as ${name}, of which its reference keeps it as a copy.`, {
    remedy: `Choose a file as its reference wrote it, or delete the copies you do not mean; the network is run with ${name}.`,
    details: { source, key, original: name, found, expected },
  });
}
