import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { createProject, openProject } from '../open.ts';
import type { Project } from '../project.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

async function make(): Promise<Project> {
  const dir = mkdtempSync(join(tmpdir(), 'penumbra-runs-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  const project = await createProject(join(dir, 'project'), { name: 'runs' });
  undo.push(() => project.close());
  return project;
}

const RUN: RunSummary = {
  id: 'run_000000000001',
  recipe: 'weak-baseline',
  preset: 'quick',
  overrides: { 'train.epochs': 3 },
  seed: 7,
  state: 'queued',
  steps: [{ step: 'train', stage: 'classifier', state: 'waiting', done: 0, total: 0, unit: 'steps', etaSeconds: null, startedAt: null, endedAt: null, artifact: null }],
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: null,
  endedAt: null,
  backend: null,
  device: 'cpu',
  scoringOf: null,
  error: null,
};
const ORDER = { backend: 'auto', given: { cams: 'a'.repeat(32) }, only: null, queuedAt: '2026-01-01T00:00:00.000Z' } as const;

describe('runs', () => {
  it('come back as they were stored, after reopening too', async () => {
    const project = await make();
    const failed: RunSummary = { ...RUN, id: 'run_000000000002', state: 'failed', error: { code: 'OUT_OF_MEMORY', message: 'm', remedy: 'r', details: { gib: 3 } } };
    project.runs.insert(RUN, ORDER);
    project.runs.insert(failed, { ...ORDER, only: ['score'] });
    project.runs.update({ ...RUN, state: 'running', startedAt: '2026-01-01T00:00:01.000Z' });
    project.close();
    const again = await openProject(project.dir);
    undo.push(() => again.close());
    expect(again.runs.get(RUN.id)).toEqual({ ...RUN, state: 'running', startedAt: '2026-01-01T00:00:01.000Z' });
    expect(again.runs.order(RUN.id)).toEqual(ORDER);
    expect(again.runs.order(failed.id)).toMatchObject({ only: ['score'] });
    expect(again.runs.list({ offset: 0, limit: 10 }).runs.map(({ id }) => id)).toEqual([failed.id, RUN.id]);
    expect(again.runs.list({ state: 'failed', offset: 0, limit: 10 })).toEqual({ total: 1, runs: [failed] });
    expect(again.runs.list({ offset: 1, limit: 1 })).toMatchObject({ total: 2, runs: [{ id: RUN.id }] });
    expect([again.runs.get('run_none'), again.runs.order('run_none')]).toEqual([null, null]);
  });

  it('take the new value of a point that comes twice, in its old place, and page through them', async () => {
    const { runs } = await make();
    runs.insert(RUN, ORDER);
    const point = (x: number, value: number) => ({ step: 'train', series: 'loss', x, xUnit: 'step' as const, value });
    runs.appendMetrics(RUN.id, [point(1, 0.9), point(2, 0.8)]);
    runs.appendMetrics(RUN.id, [point(2, 0.1), point(3, 0.7), { ...point(3, 5), series: 'rate' }]);
    const all = runs.metrics(RUN.id, 0, 10);
    expect(all.points).toEqual([point(1, 0.9), point(2, 0.1), point(3, 0.7), { ...point(3, 5), series: 'rate' }]);
    const first = runs.metrics(RUN.id, 0, 2);
    expect(first.points).toEqual(all.points.slice(0, 2));
    expect(runs.metrics(RUN.id, first.nextIndex, 10)).toEqual({ points: all.points.slice(2), nextIndex: all.nextIndex });
    expect(runs.metrics(RUN.id, all.nextIndex, 10)).toEqual({ points: [], nextIndex: all.nextIndex });
    expect(runs.metrics(RUN.id, 0, 0)).toEqual({ points: [], nextIndex: 0 });
  });
});

describe('artifacts', () => {
  it('are indexed once, pinned, listed newest first and deleted', async () => {
    const { artifacts } = await make();
    const manifest: ArtifactManifest = { key: 'a'.repeat(32), kind: 'model', stage: 's', stageVersion: 1, config: {}, inputs: {}, sources: {}, seed: 0, versions: {}, createdAt: '2026-01-01T00:00:00.000Z', runId: null, files: [{ name: 'f', bytes: 5, sha256: 'x' }], summary: {} };
    const other = { ...manifest, key: 'b'.repeat(32), kind: 'label-maps' as const };
    artifacts.insert(manifest);
    artifacts.insert(other);
    artifacts.insert({ ...manifest, stage: 'again' });
    expect(artifacts.get(manifest.key)?.manifest.stage).toBe('again');
    artifacts.insert(manifest);
    expect(artifacts.list().map(({ manifest: { key } }) => key)).toEqual([other.key, manifest.key]);
    expect(artifacts.list({ kind: 'model' })).toEqual([{ manifest, pinned: false }]);
    expect(artifacts.pin(manifest.key, true)).toBe(true);
    expect(artifacts.get(manifest.key)).toEqual({ manifest, pinned: true });
    expect(artifacts.pin('c'.repeat(32), true)).toBe(false);
    artifacts.delete(manifest.key);
    expect(artifacts.get(manifest.key)).toBeNull();
  });
});
