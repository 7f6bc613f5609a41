import * as z from 'zod';
import { withAlphaBackground, withThresholdBackground } from '#shared/raster/background.ts';
import type { Planes } from '#shared/raster/planes.ts';
import { defineStage } from '../stage.ts';
import { bestLabels } from './bands.ts';
import { eachImage } from './each-image.ts';
import { hasLabelMap, writeLabelMap } from './label-maps-io.ts';
import { hasScoreMaps, readScoreMaps } from './score-maps-io.ts';

/** How classes of an image win against background; shared with the CRF's unary from scores. */
export interface BackgroundRule {
  readonly background: 'threshold' | 'alpha';
  readonly threshold: number;
  readonly alpha: number;
}

/** [K, H, W] → [1 + K, H, W], background first. */
export function withBackground(scores: Planes, rule: BackgroundRule): Planes {
  return rule.background === 'threshold' ? withThresholdBackground(scores, rule.threshold) : withAlphaBackground(scores, rule.alpha);
}

export const backgroundConfig = {
  background: z
    .enum(['threshold', 'alpha'])
    .default('threshold')
    .meta({ title: 'Background from', source: 'methods/cam.md §0 "Background"' }),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .meta({ title: 'Background score θ', source: 'jiwoon-ahn/irn run_sample.py sem_seg_bg_thres' }),
  alpha: z.number().min(0.1).max(100).default(4).meta({ title: 'Background exponent α', source: 'jiwoon-ahn/psa infer_cls.py low_alpha' }),
};

/** Score maps → seeds: label maps at photo size with only the classes of the image's tags. */
export const thresholdSeeds = defineStage({
  id: 'threshold-seeds',
  version: 1,
  title: 'Seeds from class activation maps',
  config: z.object(backgroundConfig),
  inputs: { cams: { kind: 'score-maps', summary: 'class scores of each image' } },
  output: 'label-maps',
  reads: ['photos'],
  usesTensors: false,
  async run(context, config, { cams }) {
    const images = context.dataset.images.filter((image) => hasScoreMaps(cams, image.id));
    await eachImage(context, images, {
      isDone: (image) => hasLabelMap(context.output, image.id),
      make: async (image) => {
        const { keys, planes } = await readScoreMaps(cams, image);
        const finish = (band: Planes): Planes => withBackground(band, config);
        await writeLabelMap(context.output, image.id, await bestLabels(planes, image, [0, ...keys], { finish, breathe: () => context.breathe() }));
      },
    });
  },
});
