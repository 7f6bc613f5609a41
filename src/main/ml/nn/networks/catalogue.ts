import { RESNESTS } from '../backbones/resnest.ts';
import { RESNETS } from '../backbones/resnet.ts';
import { RESNET38D } from '../backbones/resnet38d.ts';
import { VGG16 } from '../backbones/vgg16.ts';
import { VITS } from '../backbones/vision-transformer.ts';
import type { LiteTable } from '../backbones/efficientnet-lite.ts';
import { irnOriginal, puzzleOriginal, type OriginalOf } from './copies.ts';
import type { BackboneTable, HeadTable, NetworkTable } from './table.ts';

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
  /** Where the reference's files hold tensors twice. */
  readonly originalOf?: OriginalOf;
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
/** VainF's main.py sets it for the backbone alone. */
const VAINF_MOMENTUM = 0.01;
/** IRN freezes the stem, and its gradients end after layer2. */
const IRN_RESNET50 = /^resnet50\.(?:conv1|bn1|layer[12])\..*/;

function classifiers(): [string, NetworkEntry][] {
  const classifier = (id: string, title: string, reference: string, backbone: BackboneTable, others: { head: HeadTable; input?: InputScale; outputStride?: 16 }): [string, NetworkEntry] => {
    const { head, input = 'imagenet', outputStride = 32 } = others;
    return [id, { title: `${title}, ImageNet classifier`, reference, input, classes: IMAGENET_CLASSES, table: { backbone, head, prefix: '', outputStride } }];
  };
  const fc = { kind: 'classification', name: 'fc' } as const;
  return [
    ...Object.entries(RESNETS).map(([id, table]) => classifier(id, `ResNet-${id.slice(6)}`, 'torchvision', { family: 'resnet', table }, { head: fc })),
    ...Object.entries(RESNESTS).map(([id, table]) => classifier(id, `ResNeSt-${id.slice(7)}`, 'zhanghang1989/ResNeSt, timm', { family: 'resnest', table }, { head: fc })),
    ...Object.entries(LITES).map(([id, table]) =>
      classifier(id, `EfficientNet-Lite${id.slice(-1)}`, 'lukemelas/EfficientNet-PyTorch', { family: 'efficientnet-lite', table }, { head: { ...fc, name: '_fc' }, input: 'minus-one-to-one' }),
    ),
    ...Object.entries(VITS).map(([id, table]) =>
      classifier(id, id === 'deit-small' ? 'DeiT-S/16' : 'ViT-B/16', 'facebookresearch/deit, timm', { family: 'vit', table }, { head: { kind: 'own' }, outputStride: 16 }),
    ),
  ];
}

function camClassifiers(): [string, NetworkEntry][] {
  const withMaps = (id: string, title: string, about: { reference: string; input?: InputScale; originalOf?: OriginalOf }, table: NetworkTable): [string, NetworkEntry] => [
    id,
    { title: `${title} with class maps`, input: 'imagenet', classes: VOC_TAGS, table, ...about },
  ];
  const psaHead = { kind: 'cam', name: 'fc8', dropout: 0.5 } as const;
  const head = { kind: 'cam', name: 'classifier', dropout: 0 } as const;
  const puzzle = { reference: 'shjo-april/PuzzleCAM', originalOf: puzzleOriginal };
  return [
    withMaps('resnet38d-cam', 'ResNet-38d', { reference: 'jiwoon-ahn/psa' }, {
      backbone: { family: 'resnet38d', table: RESNET38D },
      head: psaHead,
      prefix: '',
      outputStride: 8,
      frozen: PSA_RESNET38,
    }),
    withMaps('vgg16-cam', 'VGG-16', { reference: 'jiwoon-ahn/psa', input: 'caffe' }, {
      backbone: { family: 'vgg16', table: VGG16 },
      head: psaHead,
      prefix: '',
      outputStride: 8,
      frozen: PSA_VGG16,
    }),
    withMaps('resnet50-cam', 'ResNet-50', { reference: 'jiwoon-ahn/irn', originalOf: irnOriginal }, {
      backbone: { family: 'resnet', table: RESNETS.resnet50, dilated: false },
      head,
      prefix: 'resnet50.',
      outputStride: 16,
      frozen: IRN_RESNET50,
    }),
    ...(['resnet50', 'resnet101'] as const).map((id) =>
      withMaps(`${id}-puzzle-cam`, `ResNet-${id.slice(6)}`, puzzle, { backbone: { family: 'resnet', table: RESNETS[id], dilated: false }, head, prefix: 'model.', outputStride: 16 }),
    ),
    ...Object.entries(RESNESTS).map(([id, table]) =>
      withMaps(`${id}-cam`, `ResNeSt-${id.slice(7)}`, puzzle, { backbone: { family: 'resnest', table }, head, prefix: 'model.', outputStride: 16 }),
    ),
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
          table: { backbone: { ...backbone, momentum: VAINF_MOMENTUM }, head: { kind: 'deeplab-v3plus' }, prefix: 'backbone.', outputStride: 16 },
        },
      ],
      [
        `deeplabv3plus-gn-${id}`,
        {
          ...common,
          title: `DeepLabV3+ with group norm on ${name}`,
          reference: 'shjo-april/PuzzleCAM',
          table: { backbone: { ...backbone, dilated: false }, head: { kind: 'deeplab-v3plus-group-norm' }, prefix: 'model.', outputStride: 16 },
          originalOf: puzzleOriginal,
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
      originalOf: puzzleOriginal,
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
