import type { LiteTable } from '../backbones/efficientnet-lite.ts';
import type { OutputStride } from '../backbones/backbone.ts';
import type { ResNeStTable } from '../backbones/resnest.ts';
import type { ResNetTable } from '../backbones/resnet.ts';
import type { ResNet38Table } from '../backbones/resnet38d.ts';
import type { Vgg16Table } from '../backbones/vgg16.ts';
import type { VitTable } from '../backbones/vision-transformer.ts';

/** What tells one backbone of a family from another. */
export type BackboneTable =
  /** Momentum of its batch norms as torch counts it; default torch's 0.1. */
  | { readonly family: 'resnet'; readonly table: ResNetTable; readonly dilated?: boolean; readonly momentum?: number }
  | { readonly family: 'resnet-caffe'; readonly table: ResNetTable }
  | { readonly family: 'resnest'; readonly table: ResNeStTable }
  | { readonly family: 'resnet38d'; readonly table: ResNet38Table }
  | { readonly family: 'vgg16'; readonly table: Vgg16Table }
  | { readonly family: 'efficientnet-lite'; readonly table: LiteTable }
  | { readonly family: 'vit'; readonly table: VitTable };

export type HeadTable =
  /** Mean, then a linear layer of this name. */
  | { readonly kind: 'classification'; readonly name: string }
  /** Class maps by a 1 × 1 convolution of this name, without bias. */
  | { readonly kind: 'cam'; readonly name: string; readonly dropout: number }
  /** Rates: dilations of the pyramid, where they are not those published. */
  | { readonly kind: 'deeplab-v2'; readonly rates?: readonly number[] }
  | { readonly kind: 'deeplab-v3'; readonly auxiliary: boolean; readonly rates?: readonly number[] }
  | { readonly kind: 'deeplab-v3plus' }
  | { readonly kind: 'deeplab-v3plus-group-norm' }
  | { readonly kind: 'resnet38-segmentation' }
  /** The backbone ends in its own. */
  | { readonly kind: 'own' };

/** A network as data: enough to build it. */
export interface NetworkTable {
  readonly backbone: BackboneTable;
  readonly head: HeadTable;
  /** What the reference puts before the names of the backbone's parameters, dot included. */
  readonly prefix: string;
  /** Of the reference; which others can be had, output-stride.ts says. */
  readonly outputStride: OutputStride;
  /** Parameters that the reference never trains, by their whole names. */
  readonly frozen?: RegExp;
}
