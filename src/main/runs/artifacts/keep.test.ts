import { describe, expect, it } from 'vitest';
import type { RunState, RunSummary } from '#shared/domain/run.ts';
import { keptRuns } from './keep.ts';

function run(id: string, state: RunState, recipe = 'weak', scoringOf: string | null = null): RunSummary {
  return {
    id,
    recipe,
    preset: 'quick',
    overrides: {},
    seed: 0,
    state,
    steps: [],
    createdAt: '',
    startedAt: null,
    endedAt: null,
    backend: null,
    device: 'cpu',
    error: null,
    scoringOf,
  };
}

describe('keptRuns', () => {
  it.each<[string, RunSummary[], string[]]>([
    ['all that are done', [run('b', 'done'), run('a', 'done')], ['b', 'a']],
    ['those that wait or run', [run('c', 'done'), run('b', 'queued'), run('a', 'running')], ['c', 'b', 'a']],
    [
      'stopped ones while nothing newer of the recipe is done',
      [run('d', 'failed'), run('c', 'cancelled'), run('b', 'interrupted'), run('a', 'done')],
      ['d', 'c', 'b', 'a'],
    ],
    ['no stopped one that a newer run of the recipe superseded', [run('b', 'done'), run('a', 'interrupted')], ['b']],
    ['stopped ones of another recipe', [run('b', 'done', 'full'), run('a', 'cancelled', 'weak')], ['b', 'a']],
    [
      'the newest scoring run of each run',
      [run('d', 'done', 'weak', 'a'), run('c', 'done', 'weak', 'a'), run('b', 'done', 'weak', 'x'), run('a', 'done')],
      ['d', 'b', 'a'],
    ],
    [
      'a stopped run though a scoring run of the recipe is done',
      [run('c', 'done', 'weak', 'a'), run('b', 'cancelled'), run('a', 'done')],
      ['c', 'b', 'a'],
    ],
  ])('keeps %s', (_case, runs, kept) => {
    expect(keptRuns(runs).map((item) => item.id)).toEqual(kept);
  });
});
