import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { PenumbraError } from '#shared/errors.ts';
import type { Random } from '../../random/random.ts';
import { normal, type Initialiser } from '../initialisers.ts';
import { layerNorm, linear } from '../layers/affine.ts';
import { convolution } from '../layers/convolution.ts';
import type { Network, Pass } from '../network.ts';
import { resizePositions } from './position-embedding.ts';

export interface VitTable {
  readonly channels: number;
  readonly depth: number;
  readonly heads: number;
  /** Side of a patch in pixels, and patches a side of the photos it was trained on. */
  readonly patch: number;
  readonly grid: number;
}

export const VITS = {
  'deit-small': { channels: 384, depth: 12, heads: 6, patch: 16, grid: 14 },
  'vit-b16': { channels: 768, depth: 12, heads: 12, patch: 16, grid: 14 },
} as const satisfies Record<string, VitTable>;

const EPSILON = 1e-6;
const MLP_RATIO = 4;

export interface VisionTransformer {
  /**
   * images [B, H, W, 3], sides multiples of the patch (else PenumbraError BAD_REQUEST) -> [B, classes]. Taps, with N = 1 + patches:
   * `embedded` and `blocks.0` … [B, N, channels], `attention.0` … [B, heads, N, N] whose rows sum to 1, `norm` [B, N, channels]. Token 0 is the class token.
   */
  readonly run: (images: Tensor4D, pass: Pass) => Tensor2D;
  readonly taps: readonly { name: string; channels: number }[];
}

/** ViT and DeiT with the names that both and timm use (networks-formats.md §1.4): normalised before each part, exact GELU. */
export function visionTransformer(network: Network, table: VitTable, options: { classes: number; random: Random }): VisionTransformer {
  const { tf } = network.backend;
  const { channels, patch, grid } = table;
  // As published (there with rare large values cut off).
  const initialiser = normal(options.random, 0.02);
  const token = (name: string, count: number): Tensor3D => {
    const shape = [1, count, channels];
    const common = { name, shape, layout: 'vector', role: 'bias', group: 'backbone', trainable: true } as const;
    return network.parameters.declare({ ...common, initial: () => initialiser(shape) }).variable as unknown as Tensor3D;
  };
  const classToken = token('cls_token', 1);
  const positions = token('pos_embed', 1 + grid * grid);
  const embed = convolution(network, {
    name: 'patch_embed.proj',
    inputs: 3,
    outputs: channels,
    kernel: patch,
    stride: patch,
    pad: 'valid',
    bias: true,
    activation: 'linear',
    group: 'backbone',
    initialiser,
  });
  const blocks = Array.from({ length: table.depth }, (_, i) => block(network, table, i, initialiser));
  const normalise = layerNorm(network, 'norm', channels, EPSILON, 'backbone');
  const classify = linear(network, { name: 'head', inputs: channels, outputs: options.classes, group: 'head', initialiser });

  const embedded = (images: Tensor4D): Tensor3D => {
    const [, height, width] = images.shape;
    if (height % patch !== 0 || width % patch !== 0) {
      throw new PenumbraError('BAD_REQUEST', `The images are ${width}×${height} px; this network reads patches of ${patch} px, and sides that are multiples of that.`, {
        remedy: 'Cut or resize the images first.',
        details: { width, height, patch },
      });
    }
    const patches = embed(images); // [B, h, w, channels]
    const [batch, rows, columns] = patches.shape;
    const tokens = tf.reshape<Tensor3D['rankType']>(patches, [batch, rows * columns, channels]);
    const first = tf.tile(classToken, [batch, 1, 1]);
    return tf.add(tf.concat([first, tokens], 1), resizePositions(tf, positions, grid, [rows, columns]));
  };

  return {
    run: (images, pass) => {
      const start = embedded(images);
      pass.tap?.('embedded', start);
      const { shape } = start;
      const [batch, count] = shape;
      const rows = tf.reshape<Tensor2D['rankType']>(start, [batch * count, channels]);
      const normal = tf.reshape<Tensor3D['rankType']>(normalise(blocks.reduce((x, run) => run(x, shape, pass), rows)), shape);
      pass.tap?.('norm', normal);
      return classify(tf.reshape(tf.slice(normal, [0, 0, 0], [batch, 1, channels]), [batch, channels]));
    },
    taps: [
      { name: 'embedded', channels },
      ...blocks.flatMap((_, i) => [
        { name: `attention.${i}`, channels: table.heads },
        { name: `blocks.${i}`, channels },
      ]),
      { name: 'norm', channels },
    ],
  };
}

/** Rows of all samples, [B · N, channels], and the shape they have as tokens, [B, N, channels]. */
type Block = (rows: Tensor2D, tokens: Tensor3D['shape'], pass: Pass) => Tensor2D;

/** x + attention(norm(x)), then x + mlp(norm(x)). */
function block(network: Network, { channels, heads }: VitTable, index: number, initialiser: Initialiser): Block {
  const { tf, ops } = network.backend;
  const name = `blocks.${index}`;
  const common = { group: 'backbone', initialiser } as const;
  const before = layerNorm(network, `${name}.norm1`, channels, EPSILON, 'backbone');
  const qkv = linear(network, { ...common, name: `${name}.attn.qkv`, inputs: channels, outputs: 3 * channels });
  const project = linear(network, { ...common, name: `${name}.attn.proj`, inputs: channels, outputs: channels });
  const between = layerNorm(network, `${name}.norm2`, channels, EPSILON, 'backbone');
  const widen = linear(network, { ...common, name: `${name}.mlp.fc1`, inputs: channels, outputs: MLP_RATIO * channels, activation: 'gelu' });
  const narrow = linear(network, { ...common, name: `${name}.mlp.fc2`, inputs: MLP_RATIO * channels, outputs: channels });
  const scale = (channels / heads) ** -0.5;

  return (x, tokens, pass) => {
    // Attention maps are the largest tensors here: they outlive the block only where somebody reads them.
    const [y, attention, tapped] = tf.tidy((): Tensor[] => {
      const attended = ops.attend(qkv(before(x)), { batch: tokens[0], heads, scale });
      const middle = tf.add<Tensor2D>(x, project(attended.result));
      const result = tf.add<Tensor2D>(middle, narrow(widen(between(middle))));
      return pass.tap === undefined ? [result] : [result, attended.attention, tf.reshape(result, tokens)];
    }) as [Tensor2D, Tensor?, Tensor?];
    if (attention !== undefined) pass.tap?.(`attention.${index}`, attention);
    if (tapped !== undefined) pass.tap?.(name, tapped);
    return y;
  };
}
