import { existsSync } from 'node:fs';
import type { LayerScore, ScoreTable } from '../../src/shared/domain/score.ts';
import { penumbra, runRecipe } from './command.ts';

export type Measured = readonly {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}[];

interface QuickPath {
  readonly name: string;
  readonly root: string;
  readonly tags: string;
  readonly dir: string;
  readonly limitMinutes: number;
}

/** The whole `weak-baseline --preset quick` from tags to scores. */
export async function quickPath(path: QuickPath): Promise<Measured> {
  if (!existsSync(path.dir)) await penumbra('new', path.dir, '--voc', path.root, '--tags', path.tags);
  const startedMs = performance.now();
  const { run, scores } = await runRecipe('weak-baseline', '--project', path.dir, '--preset', 'quick', '--seed', '0');
  const minutes = (performance.now() - startedMs) / 60_000;
  const steps = run.steps.map(({ step, startedAt, endedAt, state }) => ({
    figure: `${step} (${state})`,
    value: startedAt === null || endedAt === null ? 0 : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000,
    unit: 's',
  }));
  const bound = path.name === 'voc-mini' ? { atLeast: 0.4 } : {};
  return [
    { figure: 'whole path', value: minutes, unit: 'min', atMost: path.limitMinutes },
    ...steps,
    { figure: 'seeds, train, best threshold (peeks at truth)', value: best(layer(scores, 'seeds', 'train')), unit: 'mIoU', ...bound },
    ...scores.layers.map((score) => ({ figure: `${score.layer}, ${score.split}`, value: score.miou, unit: 'mIoU' })),
  ];
}

/** Gain of the dense CRF over the seeds, by unary. Reuses classifier and CAMs of the quick path. */
export async function refinementUnaries(dir: string): Promise<Measured> {
  const rows = [];
  for (const unary of ['labels', 'scores']) {
    const { scores } = await runRecipe('pseudo-labels', '--project', dir, '--preset', 'quick', '--seed', '0', '--set', `refined.unary=${unary}`);
    const seeds = layer(scores, 'seeds', 'train');
    const refined = layer(scores, 'refined', 'train');
    rows.push(
      { figure: `refined from ${unary}, train`, value: refined.miou, unit: 'mIoU' },
      { figure: `gain over seeds at the same threshold, from ${unary}`, value: 100 * (refined.miou - seeds.miou), unit: 'points', ...(unary === 'labels' ? { atLeast: 2.5 } : {}) },
      { figure: `gain over seeds at their best threshold, from ${unary}`, value: 100 * (refined.miou - best(seeds)), unit: 'points' },
    );
  }
  return rows;
}

/** The same segmenter recipe from true masks of the train split, and how much of it pseudo-labels reach. */
export async function fullSupervision(options: { root: string; dir: string; weakDir: string }): Promise<Measured> {
  if (!existsSync(options.dir)) {
    await penumbra('new', options.dir, '--voc', options.root, '--tags', 'masks');
    await penumbra('supervision', '--project', options.dir, '--set', 'train=masks');
  }
  const full = await runRecipe('full-supervision', '--project', options.dir, '--preset', 'quick', '--seed', '0');
  const weak = await runRecipe('weak-baseline', '--project', options.weakDir, '--preset', 'quick', '--seed', '0');
  const fullMiou = layer(full.scores, 'segmenter', 'val').miou;
  const weakMiou = layer(weak.scores, 'segmenter', 'val').miou;
  return [
    { figure: 'full supervision, val', value: fullMiou, unit: 'mIoU', atLeast: 0.45 },
    { figure: 'pseudo-labels, val', value: weakMiou, unit: 'mIoU' },
    { figure: 'pseudo-labels as a share of full supervision', value: (100 * weakMiou) / fullMiou, unit: '%', atLeast: 70 },
  ];
}

function layer(scores: ScoreTable, name: string, split: string): LayerScore {
  const found = scores.layers.find((score) => score.layer === name && score.split === split);
  if (found === undefined) throw new Error(`the scores hold no ${name} on ${split}`);
  return found;
}

/** The best point of the threshold sweep: chosen with truth, so a figure for comparing seeds, not for choosing a threshold. */
function best(score: LayerScore): number {
  return Math.max(score.miou, ...(score.sweep ?? []).map(({ miou }) => miou));
}
