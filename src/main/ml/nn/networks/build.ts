import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { missingCase } from '#shared/errors.ts';
import type { TensorBackend } from '../../backend/backend.ts';
import type { Random } from '../../random/random.ts';
import { channelsOf, features, type Backbone, type OutputStride, type Tap } from '../backbones/backbone.ts';
import { efficientNetLite, FEATURE_CHANNELS, stageChannels } from '../backbones/efficientnet-lite.ts';
import { resNeSt } from '../backbones/resnest.ts';
import { caffeResNet } from '../backbones/resnet-caffe.ts';
import { resNet38d } from '../backbones/resnet38d.ts';
import { resNet } from '../backbones/resnet.ts';
import { vgg16 } from '../backbones/vgg16.ts';
import { visionTransformer } from '../backbones/vision-transformer.ts';
import { camHead } from '../heads/cam.ts';
import { classificationHead } from '../heads/classification.ts';
import { deepLabV2, multiScaleMax } from '../heads/deeplab-v2.ts';
import { auxiliaryHead, deepLabV3 } from '../heads/deeplab-v3.ts';
import { groupNormDeepLab } from '../heads/deeplab-v3plus-group-norm.ts';
import { deepLabV3Plus } from '../heads/deeplab-v3plus.ts';
import { resNet38Segmentation } from '../heads/resnet38-segmentation.ts';
import type { NormMode } from '../layers/builder.ts';
import { wants, type Network, type Pass } from '../network.ts';
import { ParamStore, withFrozen, withPrefix, type ParameterDeclaration, type Parameters } from '../param-store.ts';
import { outputStrideOf } from './output-stride.ts';
import type { BackboneTable, NetworkTable } from './table.ts';

export interface BuildOptions {
  /** Outputs; for segmentation, background included. */
  readonly classes: number;
  /** Default: the table's. One that the network cannot have is refused. */
  readonly outputStride?: number | undefined;
  /** Of the backbone's batch norms. */
  readonly norm: NormMode;
  /** Of the head's. Default `batch`. */
  readonly headNorm?: NormMode;
  /** 1: dropout as published; 0: none. Default 1. */
  readonly dropoutFactor?: number;
  /** Also trains what the table says the reference never trains. Default false. */
  readonly trainAll?: boolean;
  /** Nothing learns and nothing is exported: norms are folded into filters once after loading, and nothing is held twice. Default false. */
  readonly forInference?: boolean;
  /** For the initial values. */
  readonly random: Random;
}

export interface Model {
  readonly parameters: ParamStore;
  /** What a pass gives out by name besides the result. */
  readonly taps: readonly Tap[];
  /**
   * images [B, H, W, 3] to logits: [B, classes], or [B, H, W, classes] for segmentation (ResNet-38 and DeepLabV2: at stride 8, as their
   * references). Call it under tidy.
   */
  readonly forward: (images: Tensor4D, pass: Pass) => Tensor;
}

/**
 * Builds a network under the reference's names, with fresh values.
 * @throws PenumbraError BAD_REQUEST for an output stride that it cannot have
 */
export function buildNetwork(backend: TensorBackend, table: NetworkTable, options: BuildOptions): Model {
  const parameters = new ParamStore(backend.tf, { forInference: options.forInference ?? false });
  const network: Network = {
    backend,
    parameters: table.frozen === undefined || options.trainAll === true ? parameters : withFrozen(parameters, table.frozen),
  };
  return { parameters, ...assemble(network, table, options) };
}

/** What a network holds, by name and shape, without an engine: nothing is allocated. @throws PenumbraError as `buildNetwork` */
export function parametersOf(table: NetworkTable, options: Pick<BuildOptions, 'classes' | 'outputStride'>): readonly ParameterDeclaration[] {
  const declared: ParameterDeclaration[] = [];
  const parameters: Parameters = {
    declare: (declaration) => {
      declared.push(declaration);
      return { ...declaration, followsBatches: declaration.followsBatches ?? false, variable: undefined as never };
    },
    derived: () => neverRun(),
    fold: () => neverRun(),
    forInference: false,
  };
  // Layers take operations from their engine when they are built, and call them when they are run.
  const backend = { tf: {}, ops: {} } as TensorBackend;
  const random: Random = { unit: neverRun, between: neverRun, integer: neverRun, chance: neverRun, normal: neverRun };
  assemble({ backend, parameters }, table, { ...options, norm: 'frozen', random });
  return declared;
}

function neverRun(): never {
  throw new Error('this network has no engine');
}

function assemble(network: Network, table: NetworkTable, options: BuildOptions): Omit<Model, 'parameters'> {
  const { classes, random } = options;
  const { ops } = network.backend;
  const dropoutFactor = options.dropoutFactor ?? 1;
  const outputStride = outputStrideOf(table, options.outputStride);
  const inner: Network = { ...network, parameters: withPrefix(network.parameters, table.prefix) };
  if (table.backbone.family === 'vit') {
    const { run, taps } = visionTransformer(inner, table.backbone.table, { classes, random });
    return { taps, forward: run };
  }
  const backbone = buildBackbone(inner, table.backbone, outputStride, options);
  const deepest = backbone.taps.at(-1)?.name ?? '';
  const inputs = channelsOf(backbone, deepest);
  const common = { group: 'head', norm: options.headNorm ?? 'batch', random, inputs, classes } as const;
  const toInput = (logits: Tensor4D, images: Tensor4D, alignCorners: boolean): Tensor4D =>
    ops.resizeBilinear(logits, [images.shape[1], images.shape[2]], alignCorners);

  switch (table.head.kind) {
    case 'own':
      throw new Error(`${table.backbone.family} has no head of its own`);
    case 'classification': {
      const head = classificationHead(network, { name: table.head.name, inputs, classes, random });
      return { taps: backbone.taps, forward: (images, pass) => head(backbone.run(images, pass)) };
    }
    case 'cam': {
      const { name, dropout } = table.head;
      const head = camHead(network, { name, inputs, classes, dropout: dropout * dropoutFactor, initialBias: null, random });
      return {
        taps: [...backbone.taps, { name: 'maps', channels: classes }],
        forward: (images, pass) => {
          const deep = backbone.run(images, pass);
          if (wants(pass, 'maps')) pass.tap?.('maps', head.maps(deep));
          return head.logits(deep, pass);
        },
      };
    }
    case 'deeplab-v2': {
      const head = deepLabV2(inner, { inputs, classes, rates: table.head.rates, random });
      const scales = ['logits_1', 'logits_0.5', 'logits_0.75'].map((name) => ({ name, channels: classes }));
      return { taps: [...backbone.taps, ...scales], forward: multiScaleMax(network, (images, pass) => head(backbone.run(images, pass), pass)) };
    }
    case 'deeplab-v3': {
      const auxiliaryInputs = table.head.auxiliary ? channelsOf(backbone, 'layer3') : 0;
      const head = deepLabV3(network, { ...common, rates: table.head.rates, dropout: 0.5 * dropoutFactor });
      const auxiliary = table.head.auxiliary ? auxiliaryHead(network, { ...common, inputs: auxiliaryInputs, dropout: 0.1 * dropoutFactor }) : null;
      const auxTaps = auxiliary === null ? [] : [{ name: 'aux', channels: classes }];
      return {
        taps: [...backbone.taps, { name: 'logits_small', channels: classes }, ...auxTaps],
        forward: (images, pass) => {
          const [middle, deep] = features(backbone, ['layer3', 'layer4'], images, pass);
          // The auxiliary result matters to a loss alone, which reads the tap.
          if (auxiliary !== null && wants(pass, 'aux')) pass.tap?.('aux', toInput(auxiliary(middle, pass), images, false));
          const logits = head(deep, pass);
          pass.tap?.('logits_small', logits);
          return toInput(logits, images, false);
        },
      };
    }
    case 'deeplab-v3plus':
    case 'deeplab-v3plus-group-norm': {
      if (outputStride === 32) throw new Error('outputStrideOf refuses this');
      const lowLevelInputs = channelsOf(backbone, 'layer1');
      const grouped = table.head.kind === 'deeplab-v3plus-group-norm';
      const head = grouped
        ? groupNormDeepLab(network, { inputs, lowLevelInputs, classes, outputStride, dropoutFactor, random })
        : deepLabV3Plus(network, { convolutions: 'dense', inputs, lowLevelInputs, classes, channels: 256, outputStride, dropout: 0.1 * dropoutFactor, norm: common.norm, random });
      return {
        taps: [...backbone.taps, { name: 'logits_small', channels: classes }],
        forward: (images, pass) => {
          const [lowLevel, deep] = features(backbone, ['layer1', 'layer4'], images, pass);
          const logits = head(deep, lowLevel, pass);
          pass.tap?.('logits_small', logits);
          return toInput(logits, images, grouped);
        },
      };
    }
    case 'resnet38-segmentation': {
      const head = resNet38Segmentation(network, { inputs, classes, random });
      return { taps: backbone.taps, forward: (images, pass) => head(backbone.run(images, pass), pass) };
    }
    default:
      return missingCase(table.head);
  }
}

function buildBackbone(network: Network, backbone: Exclude<BackboneTable, { family: 'vit' }>, outputStride: OutputStride, options: BuildOptions): Backbone {
  const { norm, random } = options;
  const dropoutFactor = options.dropoutFactor ?? 1;
  const common = { norm, random, outputStride };
  switch (backbone.family) {
    case 'resnet':
      return resNet(network, backbone.table, { ...common, dilated: backbone.dilated ?? true, momentum: backbone.momentum ?? 0.1 });
    case 'resnet-caffe':
      return caffeResNet(network, backbone.table, common);
    case 'resnest':
      return resNeSt(network, backbone.table, common);
    case 'resnet38d':
      return resNet38d(network, backbone.table, { ...common, dropoutFactor });
    case 'vgg16':
      return vgg16(network, backbone.table, { outputStride, dropoutFactor, random });
    case 'efficientnet-lite': {
      const lite = efficientNetLite(network, { ...common, table: backbone.table, firstTrainedBlock: 0 });
      const stages = stageChannels(backbone.table).map((channels, i) => ({ name: `stage${i + 1}`, channels }));
      return {
        run: (images, pass) => lite.learnt(lite.frozen(images), pass).last,
        taps: [...stages, { name: 'features', channels: FEATURE_CHANNELS }],
      };
    }
    default:
      return missingCase(backbone);
  }
}
