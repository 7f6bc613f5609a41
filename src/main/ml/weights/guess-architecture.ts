export interface ArchitectureGuess {
  /** Such as "ResNet-101". */
  readonly backbone: string | null;
  /** Such as "DeepLabV3". */
  readonly head: string | null;
  /** Outputs of the last layer, background included where there is one. */
  readonly classes: number | null;
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Names may stand behind a prefix, as in Lightning's checkpoints. */
function find(shapes: Shapes, pattern: string): readonly number[] | undefined {
  const expression = new RegExp(`(?:^|\\.)${pattern}$`);
  for (const [name, shape] of shapes) if (expression.test(name)) return shape;
  return undefined;
}

function has(shapes: Shapes, pattern: string): boolean {
  return find(shapes, pattern) !== undefined;
}

/** How many blocks a stage has: `pattern` has N where the block's number stands. */
function blocks(shapes: Shapes, pattern: string): number {
  const expression = new RegExp(`(?:^|\\.)${pattern.replace('N', '(\\d+)')}$`);
  const numbers = [...shapes.keys()].flatMap((name) => expression.exec(name)?.[1] ?? []).map(Number);
  return numbers.length === 0 ? 0 : Math.max(...numbers) + 1;
}

const RESNETS: ReadonlyMap<number, string> = new Map([
  [6, '50'],
  [23, '101'],
  [36, '152'],
]);
const RESNESTS: ReadonlyMap<number, string> = new Map([
  [6, '50'],
  [23, '101'],
  [36, '200'],
  [48, '269'],
]);
const TRANSFORMERS: ReadonlyMap<number, string> = new Map([
  [192, 'Ti'],
  [384, 'S'],
  [768, 'B'],
  [1024, 'L'],
]);

/** Backbones by keys that only they have, most telling first (networks-formats.md §1). */
const BACKBONES: readonly ((shapes: Shapes) => string | null)[] = [
  (shapes) => (has(shapes, 'b5_2\\.conv_branch2b1\\.weight') || has(shapes, 'res5b2_branch2b1_weight') ? 'ResNet-38d' : null),
  (shapes) => (has(shapes, 'layer1\\.0\\.conv2\\.fc1\\.weight') ? `ResNeSt-${RESNESTS.get(blocks(shapes, 'layer3\\.N\\.conv3\\.weight')) ?? '?'}` : null),
  (shapes) => (has(shapes, 'layer1\\.0\\.conv3\\.weight') ? `ResNet-${RESNETS.get(blocks(shapes, 'layer3\\.N\\.conv3\\.weight')) ?? '?'}` : null),
  (shapes) => (has(shapes, 'layer4\\.block1\\.conv3x3\\.conv\\.weight') ? `ResNet-${RESNETS.get(blocks(shapes, 'layer4\\.blockN\\.conv3x3\\.conv\\.weight') - 1) ?? '?'} (Caffe)` : null),
  (shapes) => (has(shapes, '_blocks\\.1\\._expand_conv\\.weight') && !has(shapes, '_blocks\\.1\\._se_reduce\\.weight') ? efficientNet(blocks(shapes, '_blocks\\.N\\._project_conv\\.weight')) : null),
  (shapes) => (has(shapes, 'blocks\\.0\\.0\\.conv_dw\\.weight') && !has(shapes, 'blocks\\.0\\.0\\.se\\.conv_reduce\\.weight') ? 'EfficientNet-Lite (timm)' : null),
  (shapes) => {
    const qkv = find(shapes, 'blocks\\.0\\.attn\\.qkv\\.weight');
    if (qkv === undefined) return null;
    const patch = find(shapes, 'patch_embed\\.proj\\.weight');
    return `ViT-${TRANSFORMERS.get(qkv[1] ?? 0) ?? '?'}/${patch?.[2] ?? '?'} (DeiT or ViT)`;
  },
  (shapes) => (has(shapes, 'features\\.28\\.weight') || has(shapes, 'conv5_3\\.weight') || has(shapes, 'fc6\\.weight') ? 'VGG-16' : null),
];

function efficientNet(count: number): string {
  return count === 16 ? 'EfficientNet-Lite0' : `EfficientNet-Lite (${count} blocks)`;
}

/** Heads by a key of theirs, and the tensor whose first side is the count of outputs. */
const HEADS: readonly { head: string; key: string; classes: string }[] = [
  { head: 'DeepLabV2', key: 'aspp\\.c0\\.weight', classes: 'aspp\\.c0\\.weight' },
  { head: 'DeepLabV3+ (GroupNorm, Puzzle-CAM)', key: 'aspp\\.aspp1\\.atrous_conv\\.weight', classes: 'decoder\\.classifier\\.8\\.weight' },
  { head: 'DeepLabV3+', key: 'classifier\\.aspp\\.convs\\.0\\.0\\.weight', classes: 'classifier\\.classifier\\.3\\.weight' },
  { head: 'DeepLabV3+', key: 'classifier\\.classifier\\.3\\.weight', classes: 'classifier\\.classifier\\.3\\.weight' },
  { head: 'DeepLabV3', key: 'classifier\\.0\\.convs\\.0\\.0\\.weight', classes: 'classifier\\.4\\.weight' },
  { head: 'ResNet-38 segmentation', key: 'fc8_seg_conv2\\.weight', classes: 'fc8_seg_conv2\\.weight' },
  { head: 'CAM', key: 'fc8\\.weight', classes: 'fc8\\.weight' },
  { head: 'CAM', key: 'classifier\\.weight', classes: 'classifier\\.weight' },
  { head: 'classifier', key: 'fc\\.weight', classes: 'fc\\.weight' },
  { head: 'classifier', key: '_fc\\.weight', classes: '_fc\\.weight' },
  { head: 'classifier', key: 'head\\.weight', classes: 'head\\.weight' },
  { head: 'classifier', key: 'linear1000_weight', classes: 'linear1000_weight' },
  { head: 'classifier', key: 'classifier\\.6\\.weight', classes: 'classifier\\.6\\.weight' },
];

/** What network tensors of these names and shapes belong to, as far as names tell; null where none is recognised. */
export function guessArchitecture(shapes: Shapes): ArchitectureGuess | null {
  const backbone = BACKBONES.map((recognise) => recognise(shapes)).find((name) => name !== null) ?? null;
  const head = HEADS.find(({ key }) => has(shapes, key));
  if (backbone === null && head === undefined) return null;
  return { backbone, head: head?.head ?? null, classes: (head === undefined ? undefined : find(shapes, head.classes)?.[0]) ?? null };
}
