import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as z from 'zod';
import type { ClassInfo } from '#shared/domain/classes.ts';
import { decodeFloat16, encodeFloat16 } from '#shared/formats/float16.ts';
import type { Size } from '#shared/raster/planes.ts';
import type { PyramidLevel } from '../data/sample-protocol.ts';
import { heatSheet } from '../pictures/heat-sheet.ts';
import { defineStage, type Picture, type StageContext } from '../stage.ts';
import { readModel } from '../train/model-file.ts';
import { classifierNetwork, HEAD_ALONE, type Classifier } from '../train/networks.ts';
import { requireImages, type TaggedImage } from '../train/select-images.ts';
import { bandsOf, type Rows } from './bands.ts';
import { eachPhoto, type ReadPhoto } from './each-photo.ts';
import { hasScoreMaps, scoreGrid, writeScoreMaps, type PackedScoreMaps } from './score-maps-io.ts';
import { count, flag, photosAtATime, scaleList, splitNames } from './settings.ts';
import { summedMaps, viewMaps } from './sum-views.ts';

const camsConfig = z.strictObject({
  splits: splitNames(['train', 'val'], { title: 'Splits', source: 'train becomes pseudo-labels; val is for the seeds’ figure' }),
  longSide: count(512, 32, 8192, { title: 'Long side at most', unit: 'px', source: 'VOC photos are 500 px' }),
  scales: scaleList([1, 0.5, 1.5, 2], { title: 'Scales', source: 'psa infer_cls.py (methods/cam.md §0)' }),
  mirror: flag(true, { title: 'Add the mirrored photo', source: 'psa infer_cls.py' }),
  photosAtATime,
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
      forInference: true,
    });
    const shown = images.slice(0, SHOWN);
    try {
      // Maps have no bias, whether the logits had one or not.
      network.parameters.load(weights, { source: `model ${model.key}`, ignore: (name) => name === 'fc8.bias' });
      await eachPhoto(context, images, config, {
        isDone: (image) => hasScoreMaps(output, image.id),
        make: async (photos) => {
          for await (const { image, levels, maps } of activationMaps(context, network, photos, config.mirror)) {
            await writeScoreMaps(output, image.id, maps);
            const place = shown.indexOf(image);
            const [photo] = levels;
            if (place !== -1 && photo !== undefined) context.report.sample(`photo-${place + 1}`, image.name, () => shownHeat(photo, maps, dataset.classes));
          }
        },
      });
    } finally {
      network.parameters.dispose();
    }
  },
});

type Tagged = ReadPhoto<TaggedImage>;

/** The maps of photos of one size, which go through the network together. */
async function* activationMaps(
  context: StageContext,
  network: Classifier,
  photos: readonly [Tagged, ...Tagged[]],
  mirror: boolean,
): AsyncGenerator<Tagged & { readonly maps: PackedScoreMaps }> {
  const { tf } = context.backend;
  const channelsOf = ({ image }: Tagged): number[] => image.tags.flatMap((tag, channel) => (tag === 1 ? [channel] : []));
  const channels = [...new Set(photos.flatMap(channelsOf))].sort((a, b) => a - b);
  const positive = (images: Tensor4D) => tf.relu<Tensor4D>(tf.gather(network.maps(images), tf.tensor1d(channels, 'int32'), 3)); // [B, h', w', K]
  const [first, ...others] = photos;
  const together = [first.levels, ...others.map(({ levels }) => levels)] as const;
  const ofAll = channels.length === 0 ? [] : await viewMaps(context.backend, { photos: together, mirror }, positive); // [n, h', w', K] each
  try {
    for (const [at, photo] of photos.entries()) {
      const own = channelsOf(photo);
      const places = own.map((channel) => channels.indexOf(channel));
      // [1, h', w', own channels] each
      const maps = own.length === 0 ? [] : tf.tidy(() => ofAll.map((of) => tf.gather(tf.slice(of, [at, 0, 0, 0], [1, -1, -1, -1]), tf.tensor1d(places, 'int32'), 3)));
      try {
        yield { ...photo, maps: await normalisedMaps(context, own.map((channel) => channel + 1), maps, scoreGrid(photo.image)) };
      } finally {
        tf.dispose(maps);
      }
    }
  } finally {
    tf.dispose(ofAll);
  }
}

/** The maps of the classes that a photo is tagged with, on the stride-4 grid, each with maximum 1. */
async function normalisedMaps(context: StageContext, keys: readonly number[], maps: readonly Tensor4D[], grid: Size): Promise<PackedScoreMaps> {
  const { backend } = context;
  const { tf } = backend;
  const halves = new Uint16Array(keys.length * grid.height * grid.width);
  if (keys.length === 0) return { keys, ...grid, halves };
  const summed = (rows: Rows): Tensor4D => summedMaps(backend, maps, grid, rows); // [1, rows, w, K]
  const bands = bandsOf(grid, keys.length);
  const largest = tf.tidy(() => bands.map((rows) => tf.tidy(() => tf.max(summed(rows), [1, 2], true))).reduce((a, b) => tf.maximum(a, b))); // [1, 1, 1, K]
  try {
    for (const rows of bands) {
      await context.breathe();
      const normalised = tf.tidy(() => tf.transpose(tf.div(summed(rows), tf.add(largest, EPSILON)), [0, 3, 1, 2])); // [1, K, rows, w]
      const values = await normalised.data<'float32'>();
      normalised.dispose();
      const count = rows.height * grid.width;
      for (const plane of keys.keys()) halves.set(encodeFloat16(values.subarray(plane * count, (plane + 1) * count)), (plane * grid.height + rows.top) * grid.width);
    }
  } finally {
    largest.dispose();
  }
  return { keys, ...grid, halves };
}

/** Maps of a huge photo are not brought to memory once more, only to be shown. */
function shownHeat(photo: PyramidLevel, { keys, width, height, halves }: PackedScoreMaps, classes: readonly ClassInfo[]): Picture | null {
  if (bandsOf({ width, height }, keys.length).length > 1) return null;
  return heatSheet(photo, { keys, planes: { count: keys.length, width, height, data: decodeFloat16(halves) } }, classes);
}
