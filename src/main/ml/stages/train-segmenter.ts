import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { resizeLabelsNearest } from '#shared/raster/resize/resize.ts';
import type { MaskAugmentation } from '../data/augment.ts';
import { SamplePool } from '../data/sample-pool.ts';
import type { LabelSource } from '../data/sample-protocol.ts';
import { pixelCrossEntropy } from '../losses/cross-entropy.ts';
import { defineStage, type ArtifactReader, type ImageRecord } from '../stage.ts';
import { startFromImageNet, startFromModel } from '../train/backbone-weights.ts';
import { modelCard, readModel, writeModel } from '../train/model-file.ts';
import { OUTPUT_STRIDE, segmenterNetwork } from '../train/networks.ts';
import { requireImages } from '../train/select-images.ts';
import { trainNetwork } from '../train/train-network.ts';
import { hasLabelMap, labelMapFile } from './label-maps-io.ts';
import { learningSettings } from './learning-settings.ts';
import { amount, count, splitName } from './settings.ts';

const VAINF = 'VainF DeepLabV3+ (networks-formats.md §2)';

export const segmenterConfig = z.strictObject({
  split: splitName('train', { title: 'Split to learn from', source: 'VOC lists' }),
  start: z.enum(['imagenet', 'classifier']).default('imagenet').meta({ title: 'Backbone starts from', source: 'ImageNet in the published segmenters' }),
  decoderChannels: count(256, 16, 512, { title: 'Decoder channels', source: `${VAINF}; 128 in quick` }),
  epochs: count(50, 1, 1000, { title: 'Epochs', unit: 'epochs', source: 'PuzzleCAM train_segmentation.py' }),
  batchSize: count(8, 1, 128, { title: 'Batch size', unit: 'photos', source: 'this project' }),
  longSide: count(512, 32, 8192, { title: 'Long side at most', unit: 'px', source: 'VOC photos are 500 px' }),
  scaleFrom: amount(0.5, 0.1, 4, { title: 'Smallest scale', source: VAINF }),
  scaleTo: amount(1.5, 0.1, 4, { title: 'Largest scale', source: 'DeepLabV2; VainF goes to 2' }),
  crop: count(449, 33, 4096, { title: 'Crop', unit: 'px', source: 'this project; VainF 513' }),
  views: count(0, 0, 1000, { title: 'Augmented views of a photo over the run; 0 = new ones each epoch', unit: 'views', source: 'this project: what frozen layers make of a view is then computed once' }),
  colourJitter: amount(0.3, 0, 1, { title: 'Brightness, contrast and saturation jitter', source: 'psa (methods/cam.md §0)' }),
  firstTrainedBlock: count(3, 0, 17, {
    title: 'First backbone block that learns',
    unit: 'block (0 to 15; 17 = none)',
    source: 'this project; batch-norm statistics of the backbone always stay',
  }),
  learningRate: amount(0.005, 0, 10, { title: 'Learning rate of the backbone', source: 'VainF 0.001 of batch 16; see docs/methods' }),
  headMultiplier: amount(10, 0.1, 1000, { title: 'Learning rate of the decoder, times', source: VAINF }),
  momentum: amount(0.9, 0, 0.999, { title: 'Momentum', source: VAINF }),
  weightDecay: amount(1e-4, 0, 1, { title: 'Weight decay', source: VAINF }),
  polyPower: amount(0.9, 0, 10, { title: 'Power of the learning-rate decay', source: VAINF }),
  dropout: amount(0.1, 0, 0.95, { title: 'Dropout after the ASPP', source: VAINF }),
  checkpointEvery: count(50, 1, 100000, { title: 'Checkpoint every', unit: 'steps', source: 'this project' }),
  ...learningSettings,
});

export type SegmenterConfig = z.output<typeof segmenterConfig>;

/**
 * Learns masks: DeepLabV3+ with separable convolutions on EfficientNet-Lite0 at output stride 16; cross-entropy over background and classes on
 * the decoder's stride-4 grid, labels brought there by nearest (as DeepLabV2 does, networks-formats.md §2), 255 ignored. Keeps the last weights.
 */
export const trainSegmenter = defineStage({
  id: 'train-segmenter',
  version: 1,
  title: 'Train the segmenter',
  config: segmenterConfig,
  inputs: {
    labels: { kind: 'label-maps', summary: 'masks to learn from' },
    classifier: { kind: 'model', optional: true, summary: 'backbone to start from, when asked' },
  },
  output: 'model',
  reads: ['photos'],
  usesTensors: true,
  async run(context, config, inputs) {
    const { classes } = context.dataset;
    const labelled = context.dataset.images.filter((image) => image.split === config.split && hasLabelMap(inputs.labels, image.id));
    const images = requireImages(labelled, config.split, 'a label map');
    const classifier = config.start === 'classifier' ? given(inputs.classifier) : null;
    const network = segmenterNetwork(context.backend, { ...config, classes: classes.length, seed: context.seed });
    const pool = new SamplePool();
    try {
      if (classifier === null) await startFromImageNet(context, network.parameters);
      else startFromModel((await readModel(classifier, 'classifier', classes)).weights, `model ${classifier.key}`, network.parameters);
      const leftOut = await trainNetwork(context, {
        network,
        images: images.map((record) => ({ record, labels: () => labelSource(inputs.labels, record, classes.length) })),
        augmentation: augmentation(config),
        settings: config,
        pool,
        loss: (taps, labels, { items }, pass) => {
          const logits = network.logits(taps, pass); // [B, crop/4, crop/4, classes + 1]
          return pixelCrossEntropy(context.backend, logits, onGrid(labels ?? new Uint8Array(), items.length, config.crop, logits.shape));
        },
      });
      const facts = { network: 'segmenter', outputStride: OUTPUT_STRIDE, decoderChannels: config.decoderChannels, seed: context.seed } as const;
      await writeModel(context.output, modelCard(facts, classes, config), await network.parameters.export());
      context.output.summarise({ photos: images.length, leftOut });
    } finally {
      await pool.close();
      network.parameters.dispose();
    }
  },
});

function given(classifier: ArtifactReader | undefined): ArtifactReader {
  if (classifier !== undefined) return classifier;
  throw new PenumbraError('STAGE_CONFIG_INVALID', 'start = "classifier" starts from the input "classifier", which this recipe does not give.', {
    remedy: 'Set start to "imagenet", or run a recipe that trains a classifier.',
    details: { key: 'start', value: 'classifier', expected: 'classifier' },
  });
}

async function labelSource(labels: ArtifactReader, record: ImageRecord, lastClass: number): Promise<LabelSource> {
  const file = labelMapFile(record.id);
  return { name: `${labels.key}/${file}`, png: await labels.read(file), lastClass };
}

/** Labels of a batch, [B, crop, crop], on the grid of the logits by nearest: [B, h, w]. */
function onGrid(labels: Uint8Array, count: number, crop: number, [, height, width]: readonly [number, number, number, number]): Uint8Array {
  const result = new Uint8Array(count * height * width);
  for (let at = 0; at < count; at++) {
    const map = { width: crop, height: crop, data: labels.subarray(at * crop * crop, (at + 1) * crop * crop) };
    result.set(resizeLabelsNearest(map, { width, height }).data, at * height * width);
  }
  return result;
}

function augmentation(config: SegmenterConfig): MaskAugmentation {
  const { colourJitter: strength } = config;
  return {
    kind: 'masks',
    longSidePx: config.longSide,
    scaleFrom: config.scaleFrom,
    scaleTo: config.scaleTo,
    cropPx: config.crop,
    mirror: true,
    jitter: { brightness: strength, contrast: strength, saturation: strength, hue: 0 },
  };
}
