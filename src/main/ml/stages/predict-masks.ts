import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { TensorBackend } from '../backend/backend.ts';
import { SamplePool } from '../data/sample-pool.ts';
import type { PyramidLevel } from '../data/sample-protocol.ts';
import { INFERENCE } from '../nn/layers.ts';
import { defineStage, type ImageRecord } from '../stage.ts';
import { readModel } from '../train/model-file.ts';
import { HEAD_ALONE, segmenterNetwork, type Segmenter } from '../train/networks.ts';
import { requireImages } from '../train/select-images.ts';
import { wholePhotos } from '../train/whole-photos.ts';
import { leaveOut } from './each-image.ts';
import { hasLabelMap, writeLabelMap } from './label-maps-io.ts';
import { count, flag, scaleList, splitNames } from './settings.ts';

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
    });
    const pool = new SamplePool();
    try {
      network.parameters.load(weights, { source: `model ${model.key}` });
      const todo = images.filter((image) => !hasLabelMap(output, image.id));
      let done = images.length - todo.length;
      let skipped = 0;
      for await (const { image, levels } of wholePhotos(todo, pool, { longSidePx: config.longSide, scales: config.scales })) {
        await context.breathe();
        if (levels instanceof PenumbraError) {
          skipped += 1;
          leaveOut(context, image, levels);
        } else {
          await writeLabelMap(output, image.id, bestClasses(context.backend, network, image, levels, config.mirror));
        }
        context.report.progress(++done, images.length, 'images');
      }
      output.summarise({ images: images.length - skipped, skipped });
    } finally {
      await pool.close();
      network.parameters.dispose();
    }
  },
});

function bestClasses(backend: TensorBackend, network: Segmenter, image: ImageRecord, levels: readonly PyramidLevel[], mirror: boolean): LabelMap {
  const { tf, ops } = backend;
  const { width, height } = image;
  const labels = tf.tidy(() => {
    // Summed on the finest decoder grid first: the resize to photo size, the dearest step, is then done once.
    const grid = levels.map((level) => stride4(level)).reduce((a, b) => (a.width >= b.width ? a : b));
    const summed = tf.addN(levels.map((level) => levelLogits(backend, network, level, grid, mirror))); // [1, h, w, C]
    return tf.argMax(ops.resizeBilinear(summed, [height, width], false), 3).dataSync<'int32'>();
  });
  return { width, height, data: Uint8Array.from(labels) };
}

const stride4 = (level: PyramidLevel) => ({ width: Math.ceil(level.width / 4), height: Math.ceil(level.height / 4) });

/** One scale: logits on the grid, the mirrored photo's turned back and added. [1, h, w, C] */
function levelLogits(backend: TensorBackend, network: Segmenter, level: PyramidLevel, grid: { width: number; height: number }, mirror: boolean): Tensor4D {
  const { tf, ops } = backend;
  return tf.tidy(() => {
    const photo = tf.tensor4d(level.pixels, [1, level.height, level.width, 3]);
    const images = mirror ? tf.concat([photo, tf.reverse(photo, 2)], 0) : photo;
    const sized = ops.resizeBilinear(network.logits(network.frozen(images), INFERENCE), [grid.height, grid.width], false);
    if (!mirror) return sized;
    const [straight, turned] = tf.split(sized, 2, 0);
    return tf.add<Tensor4D>(straight as Tensor4D, tf.reverse(turned as Tensor4D, 2));
  });
}
