import { keyByKey, type Named, type SourceLayout } from './source-layout.ts';

const NORM_PARTS: Readonly<Record<string, string>> = {
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_var: 'running_var',
};

/** PSA's name of an array (networks-formats.md §1.2), such as `b5_1.conv_branch2a.weight` of `res5b1_branch2a_weight`. */
function named(key: string): Named | null {
  if (key === 'conv1a_weight') return { name: 'conv1a.weight' };
  if (/^linear1000_(?:weight|bias)$/.test(key)) return { leftOut: 'the ImageNet classifier, which the reference leaves out' };
  const last = /^bn7_(gamma|beta|moving_mean|moving_var)$/.exec(key);
  if (last !== null) return { name: `bn7.${NORM_PARTS[last[1] ?? ''] ?? ''}` };
  const block = /^(res|bn)([2-7])(?:a|b([1-9]))_(branch[0-9a-z]+)_(weight|gamma|beta|moving_mean|moving_var)$/.exec(key);
  if (block === null) return null;
  const [, kind, stage = '', repeat, branch = '', part = ''] = block;
  if ((kind === 'res') !== (part === 'weight')) return null;
  const module = repeat === undefined ? `b${stage}` : `b${stage}_${repeat}`;
  return { name: kind === 'res' ? `${module}.conv_${branch}.weight` : `${module}.bn_${branch}.${NORM_PARTS[part] ?? ''}` };
}

/** itijyou/ademxapp's ResNet-38 (A1), which psa starts from. */
export const MXNET_RESNET38: SourceLayout = {
  title: 'MXNet’s ResNet-38',
  photos: 'imagenet',
  names: (keys) => keyByKey(keys, named),
};
