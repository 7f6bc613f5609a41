import { expect, it } from 'vitest';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { runs } from '#shared/contract/index.ts';
import { lineageOf } from './lineage.ts';

const keyOf = (digit: string): string => digit.repeat(32);

function manifest(digit: string, stage: string, inputs: Record<string, string>, config: ArtifactManifest['config'] = {}): ArtifactManifest {
  return { key: keyOf(digit), kind: 'label-maps', stage, stageVersion: 1, config, inputs, sources: {}, seed: 0, versions: {}, createdAt: '2026-01-02T03:04:05.000Z', runId: null, files: [], summary: {} };
}

const recipes = [
  {
    id: 'r', title: 'R', summary: '',
    steps: [
      {
        step: 'cams', stage: 'make-cams', title: 'CAMs', inputs: {}, reads: [], output: 'score-maps', presets: {},
        fields: [
          { key: 'scales', title: 'Scales', schema: {}, default: [1], unit: null, source: null },
          { key: 'longSide', title: 'Long side', schema: {}, default: 512, unit: 'px', source: null },
          { key: 'new', title: 'New', schema: {}, default: 1, unit: null, source: null },
        ],
      },
    ],
  },
] as unknown as readonly runs.RecipeInfo[];

it('walks back to each input once, nearest first, and says which settings differ', () => {
  const manifests = new Map(
    [
      manifest('a', 'refine', { seeds: keyOf('b'), cams: keyOf('c') }),
      manifest('b', 'seeds', { cams: keyOf('c') }),
      manifest('c', 'make-cams', { model: keyOf('d') }, { scales: [0.75, 1], longSide: 512 }),
    ].map((item) => [item.key, item]),
  );
  const steps = lineageOf(keyOf('a'), manifests, recipes);
  expect(steps.map(({ key }) => key[0])).toEqual(['a', 'b', 'c', 'd']);
  expect(steps[2]).toMatchObject({ title: 'CAMs', changed: [{ title: 'Scales', value: '0.75, 1', defaultValue: '1' }] });
  expect(steps[0]?.changed).toBeNull();
  expect(steps[3]).toMatchObject({ manifest: null, title: 'model', changed: null });
});
