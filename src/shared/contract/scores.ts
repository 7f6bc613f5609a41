import * as z from 'zod';
import { ImageId, RunId } from '../domain/ids.ts';
import { RunSummary } from '../domain/run.ts';
import { ScoreTable } from '../domain/score.ts';
import { Split } from '../domain/supervision.ts';
import { defineCall } from './define.ts';

export const startScore = defineCall('scores.start', {
  summary: 'Queues a scoring run over the newest outputs of a run: seeds, refined, corrected as they stand now, segmenter. Opens the vault; logged.',
  input: z.strictObject({ runId: RunId.optional().describe('the newest finished run when absent') }),
  output: RunSummary,
  errors: ['RUN_NOT_FOUND', 'RECIPE_UNKNOWN', 'ARTIFACT_NOT_FOUND'],
  mutates: true,
});

export const getScores = defineCall('scores.get', {
  summary: 'The score table of a run (a recipe run or a scoring run).',
  input: z.strictObject({ runId: RunId.optional().describe('the newest run with scores when absent') }),
  output: z.strictObject({ runId: RunId, table: ScoreTable }),
  errors: ['RUN_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED'],
});

export const scoreCell = defineCall('scores.cell', {
  summary: 'The images with most pixels in one cell of a confusion matrix. Reads what scoring stored; the vault stays shut.',
  input: z.strictObject({
    runId: RunId.optional().describe('the newest run with scores when absent'),
    layer: z.string().min(1).max(64),
    split: Split,
    truth: z.int().min(0).max(254).describe('row: label in the truth'),
    predicted: z.int().min(0).max(255).describe('column: label predicted; 255 = predicted as ignored'),
    limit: z.int().min(1).max(1000).default(50),
  }),
  output: z.strictObject({
    images: z.array(
      z.strictObject({ imageId: ImageId, name: z.string(), pixels: z.int(), share: z.number().describe("of the cell's pixels, 0..1") }),
    ),
  }),
  errors: ['RUN_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED', 'NOT_FOUND'],
});
