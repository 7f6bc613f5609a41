import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { ScoreMaps } from '#shared/formats/score-maps.ts';
import type { TensorBackend } from '../backend/backend.ts';
import { SamplePool } from '../data/sample-pool.ts';
import type { PyramidLevel } from '../data/sample-protocol.ts';
import { heatSheet } from '../pictures/heat-sheet.ts';
import { defineStage, type ImageRecord } from '../stage.ts';
import { readModel } from '../train/model-file.ts';
import { classifierNetwork, HEAD_ALONE, type Classifier } from '../train/networks.ts';
import { requireImages, type TaggedImage } from '../train/select-images.ts';
import { wholePhotos } from '../train/whole-photos.ts';
import { leaveOut } from './each-image.ts';
import { hasScoreMaps, scoreGrid, writeScoreMaps } from './score-maps-io.ts';
import { count, flag, scaleList, splitNames } from './settings.ts';

const camsConfig = z.strictObject({
  splits: splitNames(['train', 'val'], { title: 'Splits', source: 'train becomes pseudo-labels; val is for the seeds’ figure' }),
  longSide: count(512, 32, 8192, { title: 'Long side at most', unit: 'px', source: 'VOC photos are 500 px' }),
  scales: scaleList([1, 0.5, 1.5, 2], { title: 'Scales', source: 'psa infer_cls.py (methods/cam.md §0)' }),
  mirror: flag(true, { title: 'Add the mirrored photo', source: 'psa infer_cls.py' }),
});

/** Photos whose maps are shown beside the run. */
const SHOWN = 8;

/** Keeps a class whose map is zero everywhere from dividing by zero (psa infer_cls.py). */
const EPSILON = 1e-5;

/**
 * Class activation maps: ReLU of the class maps, over scales and mirrored, brought to a quarter of the photo's size and summed; classes that the
 * photo is not tagged with are dropped; each map divided by its maximum (methods/cam.md §0).
 */
export const makeCams = defineStage({
  id: 'make-cams',
  version: 1,
  title: 'Make class activation maps',
  config: camsConfig,
  inputs: { model: { kind: 'model', summary: 'classifier' } },
  output: 'score-maps',
  reads: ['photos', 'tags'],
  usesTensors: true,
  async run(context, config, { model }) {
    const { dataset, output } = context;
    const wanted = dataset.images.filter((image): image is TaggedImage => config.splits.includes(image.split) && image.tags !== null);
    const images = requireImages(wanted, config.splits.join(', '), 'tags');
    const { weights } = await readModel(model, 'classifier', dataset.classes);
    const network = classifierNetwork(context.backend, {
      classes: dataset.classes.length,
      firstTrainedBlock: HEAD_ALONE,
      dropout: 0,
      initialBias: null,
      seed: context.seed,
    });
    const pool = new SamplePool();
    try {
      // Maps have no bias, whether the logits had one or not.
      network.parameters.load(weights, { source: `model ${model.key}`, ignore: (name) => name === 'fc8.bias' });
      const todo = images.filter((image) => !hasScoreMaps(output, image.id));
      let done = images.length - todo.length;
      let skipped = 0;
      const shown = images.slice(0, SHOWN);
      for await (const { image, levels } of wholePhotos(todo, pool, { longSidePx: config.longSide, scales: config.scales })) {
        await context.breathe();
        if (levels instanceof PenumbraError) {
          skipped += 1;
          leaveOut(context, image, levels);
        } else {
          const maps = activationMaps(context.backend, network, image, levels, config.mirror);
          await writeScoreMaps(output, image.id, maps);
          const place = shown.indexOf(image);
          const [photo] = levels;
          if (place !== -1 && photo !== undefined) context.report.sample(`photo-${place + 1}`, image.name, () => heatSheet(photo, maps, dataset.classes));
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

/** The maps of the classes that a photo is tagged with, on the stride-4 grid, each with maximum 1. */
function activationMaps(backend: TensorBackend, network: Classifier, image: TaggedImage, levels: readonly PyramidLevel[], mirror: boolean): ScoreMaps {
  const { tf } = backend;
  const channels = image.tags.flatMap((tag, channel) => (tag === 1 ? [channel] : []));
  const grid = scoreGrid(image);
  const data = tf.tidy(() => {
    if (channels.length === 0) return new Float32Array();
    const summed = tf.addN(levels.map((level) => levelMaps(backend, network, level, channels, grid, mirror))); // [h, w, K]
    const largest = tf.max(summed, [0, 1], true); // [1, 1, K]
    const normalised = tf.div(summed, tf.add(largest, EPSILON));
    return tf.transpose(normalised, [2, 0, 1]).dataSync<'float32'>(); // [K, h, w]
  });
  return { keys: channels.map((channel) => channel + 1), planes: { count: channels.length, ...grid, data } };
}

/** One scale: ReLU of the maps, at grid size, the mirrored photo's turned back and added. [h, w, K] */
function levelMaps(
  backend: TensorBackend,
  network: Classifier,
  level: PyramidLevel,
  channels: readonly number[],
  grid: Pick<ImageRecord, 'width' | 'height'>,
  mirror: boolean,
): Tensor3D {
  const { tf, ops } = backend;
  return tf.tidy(() => {
    const photo = tf.tensor4d(level.pixels, [1, level.height, level.width, 3]);
    const images = mirror ? tf.concat([photo, tf.reverse(photo, 2)], 0) : photo;
    const maps = tf.relu<Tensor4D>(tf.gather(network.maps(images), tf.tensor1d([...channels], 'int32'), 3)); // [1 or 2, h', w', K]
    const sized = ops.resizeBilinear(maps, [grid.height, grid.width], false);
    if (!mirror) return tf.squeeze<Tensor3D>(sized, [0]);
    const [straight, turned] = tf.split(sized, 2, 0);
    return tf.squeeze<Tensor3D>(tf.add(straight as Tensor4D, tf.reverse(turned as Tensor4D, 2)), [0]);
  });
}
