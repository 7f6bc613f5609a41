import { PenumbraError } from '#shared/errors.ts';
import type { OutputStride } from '../backbones/backbone.ts';
import type { BackboneTable, HeadTable, NetworkTable } from './table.ts';

/** Backbones by name, and the output strides that their references' rules lead to. */
const BACKBONES: Readonly<Record<BackboneTable['family'], { readonly name: string; readonly strides: readonly OutputStride[] }>> = {
  'resnet': { name: 'ResNet', strides: [8, 16, 32] },
  'resnet-caffe': { name: 'ResNet as DeepLabV2 has it', strides: [8, 16, 32] },
  'resnest': { name: 'ResNeSt', strides: [8, 16, 32] },
  'resnet38d': { name: 'ResNet-38d', strides: [8, 16, 32] },
  // psa leaves out the last pool, so that there is nothing beyond 16.
  'vgg16': { name: 'VGG-16', strides: [8, 16] },
  'efficientnet-lite': { name: 'EfficientNet-Lite', strides: [8, 16, 32] },
  // The side of its patches, which its weights are made for.
  'vit': { name: 'a vision transformer with patches of 16 px', strides: [16] },
};

/** Heads whose references give rates for these output strides alone. */
const HEADS: Partial<Record<HeadTable['kind'], { readonly name: string; readonly strides: readonly OutputStride[] }>> = {
  'deeplab-v3plus': { name: 'DeepLabV3+', strides: [8, 16] },
  'deeplab-v3plus-group-norm': { name: 'DeepLabV3+ with group norm', strides: [8, 16] },
};

/** The output strides that a network can be built with. */
export function outputStrides({ backbone, head }: NetworkTable): readonly OutputStride[] {
  const { strides } = BACKBONES[backbone.family];
  const allowed = HEADS[head.kind]?.strides ?? strides;
  return strides.filter((stride) => allowed.includes(stride));
}

/**
 * The output stride that a network is built with: the one asked for, else its table's.
 * @throws PenumbraError BAD_REQUEST for one that it cannot have
 */
export function outputStrideOf(table: NetworkTable, asked: number = table.outputStride): OutputStride {
  const supported = outputStrides(table);
  const found = supported.find((stride) => stride === asked);
  if (found !== undefined) return found;
  const head = HEADS[table.head.kind];
  const name = [...(head === undefined ? [] : [head.name]), BACKBONES[table.backbone.family].name].join(' on ');
  throw new PenumbraError('BAD_REQUEST', `The network, ${name}, has no output stride ${asked}; it can be built with ${supported.join(' or ')}.`, {
    remedy: `Take ${supported.join(' or ')}; its reference has ${table.outputStride}.`,
    details: { network: name, found: asked, expected: [...supported] },
  });
}
