import { RESNESTS } from '../backbones/resnest.ts';
import { RESNETS } from '../backbones/resnet.ts';
import { RESNET38D } from '../backbones/resnet38d.ts';
import { VGG16 } from '../backbones/vgg16.ts';
import { VITS } from '../backbones/vision-transformer.ts';
import type { LiteTable } from '../backbones/efficientnet-lite.ts';
import type { NetworkTable } from './table.ts';

/** How photos become input numbers. */
export type InputScale =
  /** RGB / 255, mean .485 .456 .406, deviation .229 .224 .225. */
  | 'imagenet'
  /** RGB / 127.5 − 1. */
  | 'minus-one-to-one'
  /** BGR 0 to 255 minus 104.008, 116.669, 122.675. */
  | 'caffe';

/** A network that can be asked for by name. */
export interface NetworkEntry {
  readonly title: string;
  /** Whose names the parameters have. */
  readonly reference: string;
  readonly input: InputScale;
  /** Outputs of the published weights. */
  readonly classes: number;
  readonly table: NetworkTable;
  /** Keys of the reference's files that no parameter needs: copies of others. */
  readonly copies?: RegExp;
}

const IMAGENET_CLASSES = 1000;
const VOC_TAGS = 20;
/** With background. */
const VOC_CLASSES = 21;

const LITES: Readonly<Record<string, LiteTable>> = {
  'efficientnet-lite0': { width: 1, depth: 1 },
  'efficientnet-lite1': { width: 1, depth: 1.1 },
  'efficientnet-lite2': { width: 1.1, depth: 1.2 },
  'efficientnet-lite3': { width: 1.2, depth: 1.4 },
  'efficientnet-lite4': { width: 1.4, depth: 1.8 },
};

/** conv1a and b2 learn neither in psa's classifier nor in what is built on it. */
const PSA_RESNET38 = /^(?:conv1a|b2(?:_\d)?)\..*/;
const PSA_VGG16 = /^conv[12]_\d\..*/;
/** Puzzle-CAM and IRN keep each stage twice. */
const STAGE_COPIES = /^stage[1-5]\./;

function classifiers(): [string, NetworkEntry][] {
  const resnets = Object.entries(RESNETS).map(([id, table]): [string, NetworkEntry] => [
    id,
    {
      title: `ResNet-${id.slice(6)}, ImageNet classifier`,
      reference: 'torchvision',
      input: 'imagenet',
      classes: IMAGENET_CLASSES,
      table: { backbone: { family: 'resnet', table }, head: { kind: 'classification', name: 'fc' }, prefix: '', outputStride: 32 },
    },
  ]);
  const resnests = Object.entries(RESNESTS).map(([id, table]): [string, NetworkEntry] => [
    id,
    {
      title: `ResNeSt-${id.slice(7)}, ImageNet classifier`,
      reference: 'zhanghang1989/ResNeSt, timm',
      input: 'imagenet',
      classes: IMAGENET_CLASSES,
      table: { backbone: { family: 'resnest', table }, head: { kind: 'classification', name: 'fc' }, prefix: '', outputStride: 32 },
    },
  ]);
  const lites = Object.entries(LITES).map(([id, table]): [string, NetworkEntry] => [
    id,
    {
      title: `EfficientNet-Lite${id.slice(-1)}, ImageNet classifier`,
      reference: 'lukemelas/EfficientNet-PyTorch',
      input: 'minus-one-to-one',
      classes: IMAGENET_CLASSES,
      table: { backbone: { family: 'efficientnet-lite', table }, head: { kind: 'classification', name: '_fc' }, prefix: '', outputStride: 32 },
    },
  ]);
  const transformers = Object.entries(VITS).map(([id, table]): [string, NetworkEntry] => [
    id,
    {
      title: id === 'deit-small' ? 'DeiT-S/16, ImageNet classifier' : 'ViT-B/16, ImageNet classifier',
      reference: 'facebookresearch/deit, timm',
      input: 'imagenet',
      classes: IMAGENET_CLASSES,
      table: { backbone: { family: 'vit', table }, head: { kind: 'own' }, prefix: '', outputStride: 16 },
    },
  ]);
  return [...resnets, ...resnests, ...lites, ...transformers];
}

function camClassifiers(): [string, NetworkEntry][] {
  return [
    [
      'resnet38d-cam',
      {
        title: 'ResNet-38d with class maps',
        reference: 'jiwoon-ahn/psa',
        input: 'imagenet',
        classes: VOC_TAGS,
        table: {
          backbone: { family: 'resnet38d', table: RESNET38D },
          head: { kind: 'cam', name: 'fc8', dropout: 0.5 },
          prefix: '',
          outputStride: 8,
          frozen: PSA_RESNET38,
        },
      },
    ],
    [
      'vgg16-cam',
      {
        title: 'VGG-16 with class maps',
        reference: 'jiwoon-ahn/psa',
        input: 'caffe',
        classes: VOC_TAGS,
        table: {
          backbone: { family: 'vgg16', table: VGG16 },
          head: { kind: 'cam', name: 'fc8', dropout: 0.5 },
          prefix: '',
          outputStride: 8,
          frozen: PSA_VGG16,
        },
      },
    ],
    [
      'resnet50-cam',
      {
        title: 'ResNet-50 with class maps',
        reference: 'jiwoon-ahn/irn',
        input: 'imagenet',
        classes: VOC_TAGS,
        table: {
          backbone: { family: 'resnet', table: RESNETS.resnet50, dilated: false },
          head: { kind: 'cam', name: 'classifier', dropout: 0 },
          prefix: 'resnet50.',
          outputStride: 16,
        },
        copies: STAGE_COPIES,
      },
    ],
    ...Object.entries(RESNESTS).map(([id, table]): [string, NetworkEntry] => [
      `${id}-cam`,
      {
        title: `ResNeSt-${id.slice(7)} with class maps`,
        reference: 'shjo-april/PuzzleCAM',
        input: 'imagenet',
        classes: VOC_TAGS,
        table: { backbone: { family: 'resnest', table }, head: { kind: 'cam', name: 'classifier', dropout: 0 }, prefix: 'model.', outputStride: 16 },
        copies: STAGE_COPIES,
      },
    ]),
  ];
}

function segmenters(): [string, NetworkEntry][] {
  const resnets = (['resnet50', 'resnet101'] as const).flatMap((id): [string, NetworkEntry][] => {
    const name = `ResNet-${id.slice(6)}`;
    const backbone = { family: 'resnet', table: RESNETS[id] } as const;
    const common = { input: 'imagenet', classes: VOC_CLASSES } as const;
    return [
      [
        `deeplabv3-${id}`,
        {
          ...common,
          title: `DeepLabV3 on ${name}, with the auxiliary head`,
          reference: 'torchvision',
          table: { backbone, head: { kind: 'deeplab-v3', auxiliary: true }, prefix: 'backbone.', outputStride: 8 },
        },
      ],
      [
        `deeplabv3plus-${id}`,
        {
          ...common,
          title: `DeepLabV3+ on ${name}`,
          reference: 'VainF/DeepLabV3Plus-Pytorch',
          table: { backbone, head: { kind: 'deeplab-v3plus' }, prefix: 'backbone.', outputStride: 16 },
        },
      ],
      [
        `deeplabv3plus-gn-${id}`,
        {
          ...common,
          title: `DeepLabV3+ with group norm on ${name}`,
          reference: 'shjo-april/PuzzleCAM',
          table: { backbone: { ...backbone, dilated: false }, head: { kind: 'deeplab-v3plus-group-norm' }, prefix: 'model.', outputStride: 16 },
          copies: STAGE_COPIES,
        },
      ],
    ];
  });
  const resnests = Object.entries(RESNESTS).map(([id, table]): [string, NetworkEntry] => [
    `deeplabv3plus-gn-${id}`,
    {
      title: `DeepLabV3+ with group norm on ResNeSt-${id.slice(7)}`,
      reference: 'shjo-april/PuzzleCAM',
      input: 'imagenet',
      classes: VOC_CLASSES,
      table: { backbone: { family: 'resnest', table }, head: { kind: 'deeplab-v3plus-group-norm' }, prefix: 'model.', outputStride: 16 },
      copies: STAGE_COPIES,
    },
  ]);
  return [
    [
      'deeplabv2-resnet101',
      {
        title: 'DeepLabV2 on ResNet-101, largest logit of three scales',
        reference: 'kazuto1011/deeplab-pytorch',
        input: 'caffe',
        classes: VOC_CLASSES,
        table: { backbone: { family: 'resnet-caffe', table: RESNETS.resnet101 }, head: { kind: 'deeplab-v2' }, prefix: 'base.', outputStride: 8 },
      },
    ],
    ...resnets,
    ...resnests,
    [
      'resnet38d-seg',
      {
        title: 'ResNet-38d with MCTformer’s segmentation head',
        reference: 'xulianuwa/MCTformer',
        input: 'imagenet',
        classes: VOC_CLASSES,
        table: {
          backbone: { family: 'resnet38d', table: RESNET38D },
          head: { kind: 'resnet38-segmentation' },
          prefix: '',
          outputStride: 8,
          frozen: PSA_RESNET38,
        },
      },
    ],
  ];
}

/** Every network by its id. */
export const NETWORKS: ReadonlyMap<string, NetworkEntry> = new Map([...classifiers(), ...camClassifiers(), ...segmenters()]);
