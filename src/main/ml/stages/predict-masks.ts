import * as z from 'zod';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { Size } from '#shared/raster/planes.ts';
import type { TensorBackend } from '../backend/backend.ts';
import type { PyramidLevel } from '../data/sample-protocol.ts';
import { largestAt } from '../inference/largest-at.ts';
import { INFERENCE } from '../nn/network.ts';
import { defineStage } from '../stage.ts';
import { readModel } from '../train/model-file.ts';
import { HEAD_ALONE, segmenterNetwork, type Segmenter } from '../train/networks.ts';
import { requireImages } from '../train/select-images.ts';
import { eachPhoto } from './each-photo.ts';
import { hasLabelMap, writeLabelMap } from './label-maps-io.ts';
import { count, flag, scaleList, splitNames } from './settings.ts';
import { sumViews } from './sum-views.ts';

export const predictionsConfig = z.strictObject({
  splits: splitNames(['train', 'val'], { title: 'Splits', source: 'VOC lists' }),
  longSide: count(512, 32, 8192, { title: 'Long side at most', unit: 'px', source: 'VOC photos are 500 px' }),
  scales: scaleList([0.5, 1, 1.5, 2], { title: 'Scales', source: 'PuzzleCAM inference_segmentation.py (networks-formats.md §2)' }),
  mirror: flag(true, { title: 'Add the mirrored photo', source: 'PuzzleCAM inference_segmentation.py' }),
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
        make: async (image, levels) => writeLabelMap(output, image.id, await bestClasses(context.backend, network, image, levels, config.mirror)),
      });
    } finally {
      network.parameters.dispose();
    }
  },
});

async function bestClasses(backend: TensorBackend, network: Segmenter, photo: Size, levels: readonly PyramidLevel[], mirror: boolean): Promise<LabelMap> {
  // Summed on the finest decoder grid first: the resize to photo size, the dearest step, is then done once.
  const grid = levels.map((level) => stride4(level)).reduce((a, b) => (a.width >= b.width ? a : b));
  const summed = await sumViews(backend, { levels, mirror, grid }, (images) => network.logits(network.frozen(images), INFERENCE)); // [1, h, w, C]
  const labels = await largestAt(backend, summed, photo);
  summed.dispose();
  return labels;
}

const stride4 = (level: Size): Size => ({ width: Math.ceil(level.width / 4), height: Math.ceil(level.height / 4) });
