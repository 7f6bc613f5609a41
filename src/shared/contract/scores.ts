import * as z from 'zod';
import { RunId } from '../domain/ids.ts';
import { RunSummary } from '../domain/run.ts';
import { ScoreTable } from '../domain/score.ts';
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
