import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { LayerScore, StoredImages, StoredScores } from '#shared/domain/score.ts';
import { ThresholdSweep } from '#shared/metrics/threshold-sweep.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { resizePlanesBilinear } from '#shared/raster/resize/resize.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { isImageFault } from '../left-out.ts';
import { defineStage, type ArtifactReader, type ImageRecord, type StageContext } from '../stage.ts';
import { eachImage } from './each-image.ts';
import { hasLabelMap, readLabelMap } from './label-maps-io.ts';
import { LayerTally, labelCount } from './layer-tally.ts';
import { hasScoreMaps, readScoreMaps } from './score-maps-io.ts';

/** 0.02, 0.04, ..., 0.8. */
const THRESHOLDS = Array.from({ length: 40 }, (_, index) => (index + 1) / 50);

const config = z.object({
  splits: z
    .array(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/))
    .default([])
    .meta({ title: 'Splits to score (none = all)', source: 'methods/refine.md §0.5' }),
  thresholds: z
    .array(z.number().min(0).max(1))
    .max(200)
    .refine((values) => values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0)), 'thresholds must ascend')
    .default(THRESHOLDS)
    .meta({ title: 'Background thresholds of the sweep', source: 'methods/refine.md §0.5' }),
});

const LAYERS = ['seeds', 'refined', 'corrected', 'segmenter'] as const;

/**
 * Every layer against the vault's masks at full resolution, split by split → metrics.json (StoredScores) and
 * images.json (StoredImages).
 * Truth 255 is dropped. The sweep of the seeds takes CAMs at every threshold; its best one has peeked at truth.
 */
export const scoreLayers = defineStage({
  id: 'score',
  version: 2,
  title: 'Score',
  config,
  inputs: {
    cams: { kind: 'score-maps', optional: true, summary: 'class scores behind the seeds, for the threshold sweep' },
    seeds: { kind: 'label-maps', optional: true, summary: 'seeds' },
    refined: { kind: 'label-maps', optional: true, summary: 'refined masks' },
    corrected: { kind: 'label-maps', optional: true, summary: 'masks with corrections' },
    segmenter: { kind: 'label-maps', optional: true, summary: 'masks predicted by the segmenter' },
  },
  output: 'metrics',
  reads: ['photos', 'truth'],
  usesTensors: false,
  async run(context, { splits, thresholds }, inputs) {
    const layers = LAYERS.flatMap((layer) => {
      const artifact = inputs[layer];
      return artifact === undefined ? [] : [{ layer, artifact }];
    });
    if (layers.length === 0) {
      throw new PenumbraError('STAGE_CONFIG_INVALID', `Nothing to score: none of the inputs ${LAYERS.join(', ')} is given.`, {
        remedy: 'Connect at least one layer in the recipe.',
        details: { expected: [...LAYERS] },
      });
    }
    const truth = await context.truth(
      `score ${layers.map(({ layer }) => layer).join(', ')} on ${splits.length === 0 ? 'all splits' : splits.join(', ')}`,
    );
    const maskPaths = new Map(truth.map(({ imageId, maskPath }) => [imageId, maskPath]));
    const images = context.dataset.images.filter(({ id, split }) => maskPaths.has(id) && (splits.length === 0 || splits.includes(split)));

    const { classes } = context.dataset;
    const tallies = new Map<string, LayerTally>();
    const tallyOf = (layer: string, artifact: ArtifactReader, split: string): LayerTally => {
      const key = `${split} ${layer}`;
      const tally = tallies.get(key) ?? new LayerTally(layer, split, artifact.key, classes);
      tallies.set(key, tally);
      return tally;
    };

    await eachImage(context, images, {
      isDone: () => false,
      make: async (image) => {
        const truthMap = checkedSize(await readLabelPng(maskPaths.get(image.id) ?? ''), image);
        for (const { layer, artifact } of layers) {
          const tally = tallyOf(layer, artifact, image.split);
          if (!hasLabelMap(artifact, image.id)) {
            tally.missing += 1;
            continue;
          }
          await tolerantly(context, `${layer} of ${image.name}`, async () => {
            tally.add(image, truthMap.data, (await readLabelMap(artifact, image)).data);
            if (layer !== 'seeds' || thresholds.length === 0 || inputs.cams === undefined || !hasScoreMaps(inputs.cams, image.id)) return;
            tally.sweep ??= new ThresholdSweep(thresholds, labelCount(classes));
            const maps = await readScoreMaps(inputs.cams, image);
            tally.sweep.add(resizePlanesBilinear(maps.planes, image), maps.keys, truthMap.data);
          });
        }
      },
    });

    const scores = [...tallies.values()].map((tally) => finished(context, tally)).filter((score) => score !== null);
    const stored: StoredScores = { layers: inPipelineOrder(scores) };
    await context.output.write('metrics.json', `${JSON.stringify(stored)}\n`);
    // What each image adds to each cell, so that a cell can be opened without another look at the truth.
    const perImage: StoredImages = {
      layers: stored.layers.map(({ layer, split }) => ({ layer, split, images: tallies.get(`${split} ${layer}`)?.scored() ?? [] })),
    };
    await context.output.write('images.json', `${JSON.stringify(perImage)}\n`);
    context.output.summarise({ miou: Object.fromEntries(stored.layers.map(({ layer, split, miou }) => [`${layer} ${split}`, miou])) });
  },
});

/** Truth of another size than the photo can't be compared at full resolution. */
function checkedSize(map: LabelMap, image: ImageRecord): LabelMap {
  if (map.width === image.width && map.height === image.height) return map;
  throw new PenumbraError(
    'MASK_SIZE_MISMATCH',
    `The ground-truth mask is ${map.width}×${map.height} px, the photo ${image.width}×${image.height} px.`,
    { remedy: 'Bring a mask of the size of the photo; until then the image is not scored.', details: { image: image.name } },
  );
}

/** One layer's bad file costs that layer that image, and no other layer. */
async function tolerantly(context: StageContext, what: string, count: () => Promise<void>): Promise<void> {
  try {
    await count();
  } catch (error) {
    if (!isImageFault(error)) throw error;
    context.report.log('warn', `${what}: not scored. ${error.message} ${error.remedy}`);
  }
}

function finished(context: StageContext, tally: LayerTally): LayerScore | null {
  // A layer that covers none of a split was not made for it; one that covers a part is worth a word.
  if (tally.images > 0 && tally.missing > 0) {
    context.report.log(
      'warn',
      `${tally.layer}, ${tally.split}: ${tally.missing} images with ground truth have no mask in this layer; ` +
        `the score is over ${tally.images} images.`,
    );
  }
  return tally.finish();
}

/** Split by split in order of name, layers as in the pipeline. */
function inPipelineOrder(scores: readonly LayerScore[]): LayerScore[] {
  const place = ({ layer }: LayerScore): number => LAYERS.findIndex((name) => name === layer);
  return [...scores].sort((a, b) => (a.split === b.split ? place(a) - place(b) : a.split < b.split ? -1 : 1));
}
