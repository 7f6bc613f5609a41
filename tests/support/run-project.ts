import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { MetricPoint, RunSummary } from '#shared/domain/run.ts';
import type { DatasetSnapshot, EditRecord } from '#shared/domain/snapshot.ts';
import type { SourceKind } from '#shared/domain/supervision.ts';
import type { ArtifactIndex, RunLedger, RunProject, SourceSnapshot, StoredOrder } from '#main/runs/ports.ts';

/** URL of the recipes of tests/support/fake-recipes.ts. */
export const fakeRecipes = new URL('./fake-recipes.ts', import.meta.url).href;

/** A project in memory with a real folder for artifacts and logs. */
export class MemoryRunProject implements RunProject {
  readonly dir: string;
  readOnly = false;
  readonly runs: MemoryLedger;
  readonly artifacts: MemoryIndex;
  readonly truthLog: string[] = [];
  editsInForce: EditRecord[] = [];
  bases: string[] = [];
  tags = 'tags 1';
  dataset: DatasetSnapshot = {
    classes: [
      { index: 1, name: 'cat', colour: [128, 0, 0] },
      { index: 2, name: 'dog', colour: [0, 128, 0] },
    ],
    images: ['a', 'b', 'c', 'd'].map((name, index) => ({
      id: `im_${String(index).padStart(16, '0')}`,
      name,
      photoPath: `/nonexistent/${name}.jpg`,
      width: 4,
      height: 4,
      split: 'train',
      tags: index % 2 === 0 ? [1, 0] : [0, 1],
      maskPath: null,
    })),
  };

  constructor(dir = mkdtempSync(join(tmpdir(), 'penumbra-runs-'))) {
    this.dir = dir;
    this.runs = new MemoryLedger();
    this.artifacts = new MemoryIndex();
  }

  snapshot(reads: readonly SourceKind[]): Promise<SourceSnapshot> {
    const values: Record<SourceKind, string> = {
      photos: 'photos',
      tags: this.tags,
      masks: 'masks',
      truth: 'truth',
      edits: JSON.stringify(this.editsInForce.map((edit) => [edit.imageId, edit.gestures.length])),
    };
    const fingerprints = Object.fromEntries(reads.map((source) => [source, createHash('sha256').update(values[source]).digest('hex')]));
    return Promise.resolve({ dataset: this.dataset, fingerprints, problems: [] });
  }

  truth(by: string, runId: string | null, purpose: string) {
    this.truthLog.push(`${by} ${runId ?? '-'} ${purpose}`);
    return Promise.resolve(this.dataset.images.map((image) => ({ imageId: image.id, maskPath: `/nonexistent/${image.name}.png` })));
  }

  editRecords() {
    return Promise.resolve(this.editsInForce);
  }

  editBases() {
    return this.bases;
  }

  datasetRoot() {
    return { path: '/nonexistent', found: true };
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

class MemoryLedger implements RunLedger {
  readonly #rows = new Map<string, { run: RunSummary; order: StoredOrder; points: MetricPoint[] }>();
  /** Set to make every write fail, as a full disk does. */
  failWith: Error | null = null;

  insert(run: RunSummary, order: StoredOrder): void {
    if (this.failWith !== null) throw this.failWith;
    this.#rows.set(run.id, { run, order, points: [] });
  }

  update(run: RunSummary, order?: StoredOrder): void {
    if (this.failWith !== null) throw this.failWith;
    const row = this.#row(run.id);
    this.#rows.set(run.id, { run, order: order ?? row.order, points: row.points });
  }

  get(runId: string) {
    return this.#rows.get(runId)?.run ?? null;
  }

  order(runId: string) {
    return this.#rows.get(runId)?.order ?? null;
  }

  list(query: Parameters<RunLedger['list']>[0]) {
    const runs = [...this.#rows.values()]
      .map(({ run }) => run)
      .reverse()
      .filter((run) => query.state === undefined || run.state === query.state);
    return { total: runs.length, runs: runs.slice(query.offset, query.offset + query.limit) };
  }

  appendMetrics(runId: string, points: readonly MetricPoint[]): void {
    const known = this.#row(runId).points;
    for (const point of points) {
      const at = known.findIndex((item) => item.step === point.step && item.series === point.series && item.x === point.x);
      known.splice(at === -1 ? known.length : at, 1, point);
    }
  }

  metrics(runId: string, afterIndex: number, limit: number) {
    const points = this.#row(runId).points.slice(afterIndex, afterIndex + limit);
    return { points, nextIndex: afterIndex + points.length };
  }

  #row(runId: string) {
    const row = this.#rows.get(runId);
    if (row === undefined) throw new Error(`no run ${runId}`);
    return row;
  }
}

class MemoryIndex implements ArtifactIndex {
  readonly #rows = new Map<string, { manifest: ArtifactManifest; pinned: boolean }>();

  insert(manifest: ArtifactManifest): void {
    this.#rows.set(manifest.key, { manifest, pinned: this.#rows.get(manifest.key)?.pinned ?? false });
  }

  get(key: string) {
    return this.#rows.get(key) ?? null;
  }

  list(query: { readonly kind?: string | undefined }) {
    return [...this.#rows.values()].reverse().filter(({ manifest }) => query.kind === undefined || manifest.kind === query.kind);
  }

  pin(key: string, pinned: boolean): boolean {
    const row = this.#rows.get(key);
    if (row !== undefined) this.#rows.set(key, { ...row, pinned });
    return row !== undefined;
  }

  delete(key: string): void {
    this.#rows.delete(key);
  }
}
