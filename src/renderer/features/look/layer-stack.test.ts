import { expect, it } from 'vitest';
import type { ImageLayer } from '#shared/contract/dataset.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { pickLayers, stackOf } from './layer-stack.ts';

function layer(artifact: string, step: string, runId: string, kind: ImageLayer['kind'] = 'label-maps'): ImageLayer {
  return { artifact, kind, stage: step, step, title: step, runId, recipe: 'r', createdAt: '2026-01-02T03:04:05.000Z', blob: `${artifact}.im` };
}

const layers = [layer('new-seeds', 'seeds', 'run_b'), layer('refined', 'refined', 'run_a'), layer('old-seeds', 'seeds', 'run_a'), layer('cams', 'cams', 'run_a', 'score-maps')];

it('takes the newest of each step, or the one asked for', () => {
  expect(pickLayers(layers, null, null).map(({ artifact }) => artifact)).toEqual(['new-seeds', 'refined', 'cams']);
  expect(pickLayers(layers, null, 'old-seeds').map(({ artifact }) => artifact)).toEqual(['old-seeds', 'refined', 'cams']);
});

it('takes of a run also what it reused of another', () => {
  const run = { id: 'run_b', steps: [{ artifact: 'new-seeds' }, { artifact: 'cams' }, { artifact: null }] } as unknown as RunSummary;
  expect(pickLayers(layers, run, null).map(({ artifact }) => artifact)).toEqual(['new-seeds', 'cams']);
});

it('stacks truth, maps from last to first step, preview, CAMs, photo', () => {
  const stack = stackOf({ picked: pickLayers(layers, null, null), classIndices: [2, 5], className: (index) => `c${index}`, edits: null, hasTruth: true });
  expect(stack.map(({ id }) => id)).toEqual(['truth', 'refined', 'new-seeds', 'preview', 'cams.2', 'cams.5', 'photo']);
});
