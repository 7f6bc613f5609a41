import { keyByKey, type SourceLayout } from './source-layout.ts';

const ENDS: ReadonlyMap<string, string> = new Map([
  ['conv_stem', '_conv_stem'],
  ['bn1', '_bn0'],
  ['conv_head', '_conv_head'],
  ['bn2', '_bn1'],
  ['classifier', '_fc'],
]);
/** Of the first stage, which does not expand, and of the others. */
const SEPARABLE: ReadonlyMap<string, string> = new Map([
  ['conv_dw', '_depthwise_conv'],
  ['bn1', '_bn1'],
  ['conv_pw', '_project_conv'],
  ['bn2', '_bn2'],
]);
const INVERTED: ReadonlyMap<string, string> = new Map([
  ['conv_pw', '_expand_conv'],
  ['bn1', '_bn0'],
  ['conv_dw', '_depthwise_conv'],
  ['bn2', '_bn1'],
  ['conv_pwl', '_project_conv'],
  ['bn3', '_bn2'],
]);
const STAGES = 7;
const LITE0_BLOCKS = 16;

/**
 * timm's `tf_efficientnet_lite1` to 4, whose blocks are counted anew in each stage. Lite0 is not taken: timm has two networks with these keys, of
 * which one pads otherwise, so that half of such files would give wrong numbers without a word.
 */
export const TIMM_LITE: SourceLayout = {
  title: 'timm’s EfficientNet-Lite',
  photos: 'minus-one-to-one',
  names: (keys) => {
    const counts = Array.from({ length: STAGES }, (_, stage) => {
      const blocks = keys.flatMap((key) => new RegExp(`^blocks\\.${stage}\\.(\\d+)\\.`).exec(key)?.[1] ?? []).map(Number);
      return blocks.reduce((most, block) => Math.max(most, block + 1), 0);
    });
    if (counts.includes(0) || counts.reduce((sum, count) => sum + count, 0) <= LITE0_BLOCKS) return null;
    return keyByKey(keys, (key) => {
      const [, stage, block, layer = '', part = ''] = /^(?:blocks\.(\d)\.(\d+)\.)?([a-z0-9_]+)\.(weight|bias|running_mean|running_var|num_batches_tracked)$/.exec(key) ?? [];
      const names = stage === undefined ? ENDS : stage === '0' ? SEPARABLE : INVERTED;
      const name = names.get(layer);
      if (name === undefined) return null;
      if (stage === undefined) return { name: `${name}.${part}` };
      const before = counts.slice(0, Number(stage)).reduce((sum, count) => sum + count, 0);
      return { name: `_blocks.${before + Number(block)}.${name}.${part}` };
    });
  },
};
