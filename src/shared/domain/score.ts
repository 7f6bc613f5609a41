import * as z from 'zod';
import { ArtifactKey, ImageId } from './ids.ts';

/** What is scored, in pipeline order. */
export const ScoredLayer = z.enum(['seeds', 'refined', 'corrected', 'segmenter']);
export type ScoredLayer = z.infer<typeof ScoredLayer>;

/** Scores of one layer on one split, against vault masks at full resolution; pixels with truth 255 are dropped. */
export const LayerScore = z.strictObject({
  layer: z.string().describe('seeds, refined, corrected, segmenter, or another scored output'),
  artifact: ArtifactKey,
  split: z.string(),
  images: z.int(),
  miou: z.number().describe('mean IoU over background and classes that occur in truth or prediction'),
  pixelAccuracy: z.number(),
  perClass: z.array(
    z.strictObject({ index: z.int(), name: z.string(), iou: z.number().nullable(), truthPixels: z.number(), predictedPixels: z.number() }),
  ),
  /** Row = truth, column = prediction, both 0..C, pixels. One more column counts predictions of 255. */
  confusion: z.array(z.array(z.number())),
  /** Background threshold sweep, for layers that have score maps. The chosen threshold peeks at truth and is marked as such. */
  sweep: z.array(z.strictObject({ threshold: z.number(), miou: z.number() })).nullable(),
  worst: z.array(z.strictObject({ imageId: ImageId, name: z.string(), miou: z.number() })),
});
export type LayerScore = z.infer<typeof LayerScore>;

export const ScoreTable = z.strictObject({
  layers: z.array(LayerScore),
  measuredAt: z.iso.datetime(),
});
export type ScoreTable = z.infer<typeof ScoreTable>;

/** metrics.json of a score artifact. It holds no time, so that equal inputs give equal bytes; `measuredAt` is its manifest's `createdAt`. */
export const StoredScores = ScoreTable.omit({ measuredAt: true });
export type StoredScores = z.infer<typeof StoredScores>;

/** The confusion of one image: [truth, prediction, pixels] of every cell that is not zero, by truth, then prediction; 255 = predicted as ignored. */
export const ScoredImage = z.strictObject({ imageId: ImageId, name: z.string(), cells: z.array(z.tuple([z.int(), z.int(), z.int()])) });
export type ScoredImage = z.infer<typeof ScoredImage>;

/** images.json of a score artifact: by layer and split as in metrics.json, images in order of name. */
export const StoredImages = z.strictObject({
  layers: z.array(z.strictObject({ layer: z.string(), split: z.string(), images: z.array(ScoredImage) })),
});
export type StoredImages = z.infer<typeof StoredImages>;
