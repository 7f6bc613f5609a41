import { malformed } from '../malformed.ts';
import type { StoredTensor, WeightsFile } from '../weights-file.ts';

/** No name of the reference has a space. */
const LEFT_OUT = 'left out';

const NORM_PARTS: Readonly<Record<string, string>> = {
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_var: 'running_var',
};

/**
 * PSA's name of an array of the published ResNet-38 weights (networks-formats.md §1.2), such as `b5_1.conv_branch2a.weight` of
 * `res5b1_branch2a_weight`; LEFT_OUT for the ImageNet classifier; null for any other network's.
 */
function resnet38Name(name: string): string | null {
  if (name === 'conv1a_weight') return 'conv1a.weight';
  if (/^linear1000_(?:weight|bias)$/.test(name)) return LEFT_OUT;
  const last = /^bn7_(gamma|beta|moving_mean|moving_var)$/.exec(name);
  if (last !== null) return `bn7.${NORM_PARTS[last[1] ?? ''] ?? ''}`;
  const block = /^(res|bn)([2-7])(?:a|b([1-9]))_(branch[0-9a-z]+)_(weight|gamma|beta|moving_mean|moving_var)$/.exec(name);
  if (block === null) return null;
  const [, kind, stage = '', repeat, branch = '', part = ''] = block;
  if ((kind === 'res') !== (part === 'weight')) return null;
  const module = repeat === undefined ? `b${stage}` : `b${stage}_${repeat}`;
  return kind === 'res' ? `${module}.conv_${branch}.weight` : `${module}.bn_${branch}.${NORM_PARTS[part] ?? ''}`;
}

/** The file with ResNet-38's arrays under PSA's names, when all of its names are of that network; else the file as it is. */
export function withReferenceNames(weights: WeightsFile, file: string): WeightsFile {
  const names = [...weights.tensors.keys()].map((name): [string, string | null] => [name, resnet38Name(name)]);
  if (names.length === 0 || names.some(([, reference]) => reference === null)) return weights;
  const tensors = new Map<string, StoredTensor>();
  const others = new Map(weights.others);
  for (const [name, reference] of names) {
    const tensor = weights.tensors.get(name);
    if (tensor === undefined || reference === null) continue;
    if (reference === LEFT_OUT) others.set(name, 'the ImageNet classifier, which the reference leaves out');
    else if (tensors.has(reference)) throw malformed(file, `has two arrays for "${reference}"`, { key: reference });
    else tensors.set(reference, tensor);
  }
  return { ...weights, tensors, others };
}
