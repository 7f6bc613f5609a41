import * as z from 'zod';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { Size } from '#shared/raster/planes.ts';
import type { TensorBackend } from '../backend/backend.ts';
import { largestAt } from '../inference/largest-at.ts';
import { INFERENCE } from '../nn/network.ts';
import { defineStage, type ImageRecord } from '../stage.ts';
import { readModel } from '../train/model-file.ts';
import { HEAD_ALONE, segmenterNetwork, type Segmenter } from '../train/networks.ts';
import { requireImages } from '../train/select-images.ts';
import { eachPhoto, type ReadPhoto } from './each-photo.ts';
import { hasLabelMap, writeLabelMap } from './label-maps-io.ts';
import { count, flag, photosAtATime, scaleList, splitNames } from './settings.ts';
import { sumViews } from './sum-views.ts';

export const predictionsConfig = z.strictObject({
  splits: splitNames(['train', 'val'], { title: 'Splits', source: 'VOC lists' }),
  longSide: count(512, 32, 8192, { title: 'Long side at most', unit: 'px', source: 'VOC photos are 500 px' }),
  scales: scaleList([0.5, 1, 1.5, 2], { title: 'Scales', source: 'PuzzleCAM inference_segmentation.py (networks-formats.md §2)' }),
  mirror: flag(true, { title: 'Add the mirrored photo', source: 'PuzzleCAM inference_segmentation.py' }),
  photosAtATime,
});

/** Masks at photo size: logits over scales and mirrored, brought to photo size bilinearly and summed, then the best class of each pixel. */
export const predictMasks = defineStage({
  id: 'predict-masks',
  version: 1,
  title: 'Predict masks',
  config: predictionsConfig,
  inputs: { model: { kind: 'model', summary: 'segmenter' } },
  output: 'label-maps',
  reads: ['photos'],
  usesTensors: true,
  async run(context, config, { model }) {
    const { dataset, output } = context;
    const images = requireImages(dataset.images.filter((image) => config.splits.includes(image.split)), config.splits.join(', '), 'a photo');
    const { card, weights } = await readModel(model, 'segmenter', dataset.classes);
    const network = segmenterNetwork(context.backend, {
      classes: dataset.classes.length,
      decoderChannels: card.decoderChannels ?? 0,
      firstTrainedBlock: HEAD_ALONE,
      dropout: 0,
      seed: context.seed,
      forInference: true,
    });
    try {
      network.parameters.load(weights, { source: `model ${model.key}` });
      await eachPhoto(context, images, config, {
        isDone: (image) => hasLabelMap(output, image.id),
        make: async (photos) => {
          for await (const { image, labels } of bestClasses(context.backend, network, photos, config.mirror)) await writeLabelMap(output, image.id, labels);
        },
      });
    } finally {
      network.parameters.dispose();
    }
  },
});

/** Of photos of one size, which go through the network together. */
async function* bestClasses(
  backend: TensorBackend,
  network: Segmenter,
  photos: readonly [ReadPhoto<ImageRecord>, ...ReadPhoto<ImageRecord>[]],
  mirror: boolean,
): AsyncGenerator<{ readonly image: ImageRecord; readonly labels: LabelMap }> {
  const { tf } = backend;
  const [first, ...others] = photos;
  // Summed on the finest decoder grid first: the resize to photo size, the dearest step, is then done once.
  const grid = first.levels.map((level) => stride4(level)).reduce((a, b) => (a.width >= b.width ? a : b));
  const together = [first.levels, ...others.map(({ levels }) => levels)] as const;
  const summed = await sumViews(backend, { photos: together, mirror, grid }, (images) => network.logits(network.frozen(images), INFERENCE)); // [n, h, w, C]
  try {
    for (const [at, { image }] of photos.entries()) {
      const own = tf.slice(summed, [at, 0, 0, 0], [1, -1, -1, -1]);
      try {
        yield { image, labels: await largestAt(backend, own, image) };
      } finally {
        own.dispose();
      }
    }
  } finally {
    summed.dispose();
  }
}

const stride4 = (level: Size): Size => ({ width: Math.ceil(level.width / 4), height: Math.ceil(level.height / 4) });
