import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { TagAugmentation } from '../data/augment.ts';
import { SamplePool } from '../data/sample-pool.ts';
import { multiLabelSoftMargin } from '../losses/soft-margin.ts';
import { defineStage } from '../stage.ts';
import { startFromImageNet } from '../train/backbone-weights.ts';
import { modelCard, writeModel } from '../train/model-file.ts';
import { classifierNetwork, HEAD_ALONE, OUTPUT_STRIDE } from '../train/networks.ts';
import { requireImages, taggedImages, warnOfRareClasses, type TaggedImage } from '../train/select-images.ts';
import { TagValidation } from '../train/tag-validation.ts';
import { trainNetwork } from '../train/train-network.ts';
import { learningSettings } from './learning-settings.ts';
import { amount, count, flag, splitName } from './settings.ts';

const PSA = 'psa train_cls.py (methods/cam.md §0)';

export const classifierConfig = z.strictObject({
  split: splitName('train', { title: 'Split to learn from', source: 'VOC lists' }),
  validationSplit: splitName('val', { title: 'Split for the mAP curve', source: 'VOC lists; chooses nothing' }),
  epochs: count(15, 1, 500, { title: 'Epochs', unit: 'epochs', source: PSA }),
  batchSize: count(16, 1, 256, { title: 'Batch size', unit: 'photos', source: PSA }),
  longSideFrom: count(256, 32, 4096, { title: 'Smallest long side', unit: 'px', source: 'psa RandomResizeLong(256, 512)' }),
  longSideTo: count(512, 32, 4096, { title: 'Largest long side', unit: 'px', source: 'psa RandomResizeLong(256, 512)' }),
  crop: count(448, 32, 4096, { title: 'Crop', unit: 'px', source: PSA }),
  cropping: flag(true, { title: 'Crop the views (whole photos need a head that learns alone)', source: PSA }),
  views: count(0, 0, 1000, { title: 'Augmented views of a photo over the run; 0 = new ones each epoch', unit: 'views', source: 'this project: what frozen layers make of a view is then computed once' }),
  colourJitter: amount(0.3, 0, 1, { title: 'Brightness, contrast and saturation jitter', source: PSA }),
  hueJitter: amount(0.1, 0, 0.5, { title: 'Hue jitter', unit: 'turns', source: PSA }),
  firstTrainedBlock: count(5, 0, 17, {
    title: 'First block that learns',
    unit: 'block (0 to 15; 16 = last 1 × 1 convolution, 17 = head alone)',
    source: 'psa freezes conv1 and b2; batch-norm statistics always stay',
  }),
  learningRate: amount(0.01, 0, 10, { title: 'Learning rate of the backbone', source: 'psa: 0.1 with momentum near 0; a tenth with momentum 0.9 (methods/cam.md §0)' }),
  headMultiplier: amount(10, 0.1, 1000, { title: 'Learning rate of the head, times', source: PSA }),
  momentum: amount(0.9, 0, 0.999, { title: 'Momentum', source: 'SGD; psa runs near 0 by accident' }),
  weightDecay: amount(5e-4, 0, 1, { title: 'Weight decay', source: PSA }),
  polyPower: amount(0.9, 0, 10, { title: 'Power of the learning-rate decay', source: PSA }),
  dropout: amount(0.5, 0, 0.95, { title: 'Channel dropout before the head', source: 'psa resnet38_cls.py' }),
  headStart: z.enum(['prior', 'xavier']).default('prior').meta({
    title: 'Head starts from (prior: filters at zero, a bias at the log-odds of each tag; xavier: random filters, no bias)',
    source: 'prior: RetinaNet §4.1 (Lin et al. 2017), filters then need not push every class down, and maps cover more; xavier: psa',
  }),
  validateEvery: count(1, 1, 1000, { title: 'mAP every', unit: 'epochs', source: 'this project' }),
  checkpointEvery: count(50, 1, 100000, { title: 'Checkpoint every', unit: 'steps', source: 'this project' }),
  ...learningSettings,
});

export type ClassifierConfig = z.output<typeof classifierConfig>;

/**
 * Learns image-level tags: EfficientNet-Lite0 at output stride 16, a 1 × 1 convolution to one map a class, their means as logits,
 * multi-label soft margin loss (methods/cam.md §0). Keeps the last weights: nothing is chosen by looking at the validation split.
 */
export const trainClassifier = defineStage({
  id: 'train-classifier',
  version: 1,
  title: 'Train the classifier',
  config: classifierConfig,
  inputs: {},
  output: 'model',
  reads: ['photos', 'tags'],
  usesTensors: true,
  async run(context, config) {
    const { classes } = context.dataset;
    requireOneShape(config);
    const images = requireImages(taggedImages(context.dataset.images, config.split), config.split, 'tags');
    warnOfRareClasses(context, images, classes);
    const initialBias = config.headStart === 'prior' ? tagLogOdds(images, classes.length) : null;
    const network = classifierNetwork(context.backend, { ...config, classes: classes.length, initialBias, seed: context.seed });
    const pool = new SamplePool();
    const validation = new TagValidation(context, network, pool, taggedImages(context.dataset.images, config.validationSplit), config.longSideTo);
    try {
      await startFromImageNet(context, network.parameters);
      const { tf } = context.backend;
      const leftOut = await trainNetwork(context, {
        network,
        images: images.map((record) => ({ record, labels: () => null })),
        augmentation: augmentation(config),
        settings: config,
        pool,
        loss: (taps, _labels, { items }, pass) => {
          const tags = tf.tensor2d(items.flatMap(({ image }) => image.record.tags ?? []), [items.length, classes.length]);
          return multiLabelSoftMargin(tf, network.logits(taps, pass), tags);
        },
        epochEnded: async (epoch) => {
          if (epoch % config.validateEvery === 0 || epoch === config.epochs) await validation.score(epoch);
        },
      });
      const facts = { network: 'classifier', outputStride: OUTPUT_STRIDE, decoderChannels: null, seed: context.seed } as const;
      await writeModel(context.output, modelCard(facts, classes, config), await network.parameters.export());
      context.output.summarise({ photos: images.length, leftOut, mapVal: validation.last });
    } finally {
      await pool.close();
      validation.dispose();
      network.parameters.dispose();
    }
  },
});

/** Whole photos differ in shape; only their means over pixels, which are all that the head alone reads, make a batch. */
function requireOneShape({ cropping, firstTrainedBlock }: ClassifierConfig): void {
  if (cropping || firstTrainedBlock === HEAD_ALONE) return;
  throw new PenumbraError('STAGE_CONFIG_INVALID', `cropping = false, with firstTrainedBlock = ${firstTrainedBlock}; whole photos need firstTrainedBlock = ${HEAD_ALONE}.`, {
    remedy: `Set cropping to true, or firstTrainedBlock to ${HEAD_ALONE}.`,
    details: { cropping, firstTrainedBlock },
  });
}

/** log(p / (1 - p)) of each tag's share p of the photos, with one photo more on each side, so that it is finite. */
function tagLogOdds(images: readonly TaggedImage[], classes: number): number[] {
  return Array.from({ length: classes }, (_, channel) => {
    const tagged = images.filter((image) => image.tags[channel] === 1).length;
    return Math.log((tagged + 1) / (images.length - tagged + 1));
  });
}

function augmentation(config: ClassifierConfig): TagAugmentation {
  const { colourJitter: strength } = config;
  return {
    kind: 'tags',
    longSideFromPx: config.longSideFrom,
    longSideToPx: config.longSideTo,
    cropPx: config.cropping ? config.crop : null,
    mirror: true,
    jitter: { brightness: strength, contrast: strength, saturation: strength, hue: config.hueJitter },
  };
}
