import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NETWORKS } from '../nn/networks/catalogue.ts';
import { guessArchitecture } from './guess-architecture.ts';
import { inspectWeights } from './inspect.ts';
import { knownWeights, matchKnown } from './known-weights.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../../../../tests/fixtures/weight-files/${name}`, import.meta.url));

describe('what a file holds', () => {
  it('counts tensors, values and bytes, and names what stands beside them', () => {
    const found = inspectWeights(fixture('lightning.ckpt'));
    expect(found.totals).toEqual({ tensors: 15, elements: 121, bytes: 480 });
    expect(found.others).toContainEqual({ key: 'hyper_parameters', what: 'argparse.Namespace' });
    expect(found.metadata).toEqual({ 'pytorch-lightning_version': '2.5.0' });
  });

  it('points at NaN and infinity by tensor', () => {
    expect(inspectWeights(fixture('zip.pt')).suspicious).toEqual([
      { key: 'odd', what: '2 of 4 values are not numbers (NaN)' },
      { key: 'odd', what: '1 of 4 values are infinite' },
    ]);
  });

  it.each([
    ['psa.npy', { madeBy: 'PSA or SEAM', keys: [3, 14] }],
    ['psa-numpy1.npy', { madeBy: 'PSA or SEAM', keys: [3, 14] }],
    ['irn.npy', { madeBy: 'IRN', keys: [3, 14], counting: 'classes from 0' }],
    ['puzzle-cam.npy', { madeBy: 'Puzzle-CAM', keys: [0, 4, 15], counting: 'background is 0' }],
    ['puzzle-cam-rw.npy', { madeBy: 'Puzzle-CAM', keys: [0, 4, 15], maps: ['rw'] }],
  ])('tells whose CAMs %s holds', (name, expected) => {
    expect(inspectWeights(fixture(name)).cams).toMatchObject(expected);
  });

  it.each(['cls_labels.npy', 'zip.pt', 'stored.npz'])('sees no CAMs in %s', (name) => {
    expect(inspectWeights(fixture(name)).cams).toBeNull();
  });
});

describe('known weights', () => {
  const whole = '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db';

  it('are told by their hash whatever they are called', () => {
    expect(matchKnown('mine.pth', whole)).toMatchObject({ by: 'hash', weights: { id: 'efficientnet-lite0-imagenet' } });
  });

  it('with their name and other contents are said to differ', () => {
    expect(matchKnown('resnet50-0676ba61.pth', whole.replace('5793', '0000'))).toMatchObject({ by: 'differs', weights: { id: 'resnet50-imagenet-v1' } });
  });

  it('without a known hash are told by name alone', () => {
    expect(matchKnown('ilsvrc-cls_rna-a1_cls1000_ep-0001.params', 'f'.repeat(64))).toMatchObject({ by: 'name' });
    expect(matchKnown('other.params', 'f'.repeat(64))).toBeNull();
  });

  it.each(knownWeights().map((item) => [item.id, item] as const))('%s: the networks it loads into are in the catalogue, and are of as many outputs where the file has their head', (_, { networks, missing, classes }) => {
    for (const network of networks) {
      const entry = NETWORKS.get(network);
      expect(entry, network).toBeDefined();
      if (missing?.includes('head') !== true) expect(entry?.classes).toBe(classes);
    }
  });

  it('name every classifier that a network of the catalogue starts from', () => {
    const named = new Set(knownWeights().flatMap(({ networks }) => networks));
    const lacking = [...NETWORKS.keys()].filter((id) => !named.has(id));
    // Those that the methods' own authors train, and a ResNet that is only compared.
    expect(lacking.every((id) => id === 'resnet152' || id.endsWith('-cam') || id.startsWith('deeplabv2') || id.startsWith('deeplabv3plus'))).toBe(true);
  });

  it('have hashes that agree with the names their publishers gave them', () => {
    for (const { file, sha256 } of knownWeights()) {
      const inName = /-([0-9a-f]{8})\.pth$/.exec(file)?.[1];
      if (inName !== undefined) expect(sha256?.slice(0, 8)).toBe(inName);
    }
  });
});

describe('networks by their keys', () => {
  const bottlenecks = (counts: readonly number[], key = 'conv3.weight'): [string, number[]][] => counts.flatMap((count, stage) => Array.from({ length: count }, (_, block): [string, number[]] => [`layer${stage + 1}.${block}.${key}`, [1]]));

  it.each<[string, [string, number[]][], { backbone: string | null; head: string | null; classes: number | null }]>([
    ['torchvision ResNet-50', [...bottlenecks([3, 4, 6, 3]), ['fc.weight', [1000, 2048]]], { backbone: 'ResNet-50', head: 'classifier', classes: 1000 }],
    ['torchvision DeepLabV3', [...bottlenecks([3, 4, 23, 3]).map(([key, shape]): [string, number[]] => [`backbone.${key}`, shape]), ['classifier.0.convs.0.0.weight', [1]], ['classifier.4.weight', [21, 256, 1, 1]]], { backbone: 'ResNet-101', head: 'DeepLabV3', classes: 21 }],
    ['ResNeSt-269', [...bottlenecks([3, 30, 48, 8]), ['layer1.0.conv2.fc1.weight', [1]], ['fc.weight', [1000, 2048]]], { backbone: 'ResNeSt-269', head: 'classifier', classes: 1000 }],
    ['PSA ResNet-38d', [['b5_2.conv_branch2b1.weight', [1]], ['fc8.weight', [20, 4096, 1, 1]]], { backbone: 'ResNet-38d', head: 'CAM', classes: 20 }],
    ['kazuto DeepLabV2', [...Array.from({ length: 23 }, (_, i): [string, number[]] => [`base.layer4.block${i + 1}.conv3x3.conv.weight`, [1]]), ['base.aspp.c0.weight', [21, 2048, 3, 3]]], { backbone: 'ResNet-101 (Caffe)', head: 'DeepLabV2', classes: 21 }],
    ['DeiT-S', [['blocks.0.attn.qkv.weight', [1152, 384]], ['patch_embed.proj.weight', [384, 3, 16, 16]], ['head.weight', [1000, 384]]], { backbone: 'ViT-S/16 (DeiT or ViT)', head: 'classifier', classes: 1000 }],
  ])('%s', (_, tensors, expected) => {
    expect(guessArchitecture(new Map(tensors))).toEqual(expected);
  });

  it('others are not guessed', () => {
    expect(guessArchitecture(new Map([['encoder.weight', [3]]]))).toBeNull();
  });
});
