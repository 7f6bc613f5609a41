import * as z from 'zod';
import { MetricPoint, RunSummary, type RunState } from '#shared/domain/run.ts';
import type { ProjectDatabase } from '../connection.ts';
import type { RunTable } from '../schema.ts';

/** What a run needs beside its summary, kept so that a queued run survives the core. */
export const StoredOrder = z.strictObject({
  backend: z.enum(['auto', 'native', 'webgpu', 'cpu']),
  /** Artifacts that stand in for steps, by step name. */
  given: z.record(z.string(), z.string()),
  /** Steps to run; null runs every step that is not given. */
  only: z.array(z.string()).nullable(),
  queuedAt: z.string(),
});

interface Order extends Omit<z.infer<typeof StoredOrder>, 'only' | 'given'> {
  readonly given: Readonly<Record<string, string>>;
  readonly only: readonly string[] | null;
}

/** Runs and their curves. */
export class RunRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  insert(run: RunSummary, order: Order): void {
    this.#db.write(() => this.#db.run(this.#db.query.insertInto('runs').values({ ...toRow(run), stored_order: JSON.stringify(order) })));
  }

  /** Replaces the run's row; its order only when given. */
  update(run: RunSummary, order?: Order): void {
    const values = order === undefined ? toRow(run) : { ...toRow(run), stored_order: JSON.stringify(order) };
    this.#db.write(() => this.#db.run(this.#db.query.updateTable('runs').set(values).where('id', '=', run.id)));
  }

  get(runId: string): RunSummary | null {
    const row = this.#db.first(this.#db.query.selectFrom('runs').selectAll().where('id', '=', runId));
    return row === undefined ? null : fromRow(row);
  }

  order(runId: string): z.infer<typeof StoredOrder> | null {
    const row = this.#db.first(this.#db.query.selectFrom('runs').select('stored_order').where('id', '=', runId));
    return row === undefined ? null : StoredOrder.parse(JSON.parse(row.stored_order));
  }

  /** Newest first by creation. */
  list(query: { readonly state?: RunState | undefined; readonly offset: number; readonly limit: number }): { total: number; runs: RunSummary[] } {
    const state = query.state;
    let rows = this.#db.query.selectFrom('runs');
    if (state !== undefined) rows = rows.where('state', '=', state);
    const total = this.#db.first(rows.select((eb) => eb.fn.countAll<number>().as('count')));
    const page = this.#db.all(rows.selectAll().orderBy('sequence', 'desc').limit(query.limit).offset(query.offset));
    return { total: total?.count ?? 0, runs: page.map(fromRow) };
  }

  /**
   * A point already there (same run, step, series and x) keeps its place and takes the new value: a resumed run repeats the points since
   * its checkpoint, with other values where the data changed meanwhile.
   */
  appendMetrics(runId: string, points: readonly MetricPoint[]): void {
    if (points.length === 0) return;
    this.#db.write(() => {
      const last = this.#db.first(
        this.#db.query
          .selectFrom('run_metrics')
          .select((eb) => eb.fn.max('position').as('position'))
          .where('run_id', '=', runId),
      );
      let position = (last?.position ?? -1) + 1;
      for (const { step, series, x, xUnit, value } of points) {
        this.#db.run(
          this.#db.query
            .insertInto('run_metrics')
            .values({ run_id: runId, position, step, series, x, x_unit: xUnit, value })
            .onConflict((conflict) => conflict.columns(['run_id', 'step', 'series', 'x']).doUpdateSet({ value })),
        );
        position += 1; // positions may have gaps, but only grow
      }
    });
  }

  /** Points from index `afterIndex` on in order of arrival; `nextIndex` continues. */
  metrics(runId: string, afterIndex: number, limit: number): { points: MetricPoint[]; nextIndex: number } {
    const rows = this.#db.all(
      this.#db.query
        .selectFrom('run_metrics')
        .selectAll()
        .where('run_id', '=', runId)
        .where('position', '>=', afterIndex)
        .orderBy('position')
        .limit(limit),
    );
    const points = rows.map((row) => MetricPoint.parse({ step: row.step, series: row.series, x: row.x, xUnit: row.x_unit, value: row.value }));
    return { points, nextIndex: (rows.at(-1)?.position ?? afterIndex - 1) + 1 };
  }
}

function toRow(run: RunSummary): Omit<RunTable, 'sequence' | 'stored_order'> {
  return {
    id: run.id,
    recipe: run.recipe,
    preset: run.preset,
    overrides: JSON.stringify(run.overrides),
    seed: run.seed,
    state: run.state,
    steps: JSON.stringify(run.steps),
    created_at: run.createdAt,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    backend: run.backend,
    device: run.device,
    scoring_of: run.scoringOf,
    error: run.error === null ? null : JSON.stringify(run.error),
  };
}

function fromRow(row: Omit<RunTable, 'sequence'>): RunSummary {
  return RunSummary.parse({
    id: row.id,
    recipe: row.recipe,
    preset: row.preset,
    overrides: JSON.parse(row.overrides) as unknown,
    seed: row.seed,
    state: row.state,
    steps: JSON.parse(row.steps) as unknown,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    backend: row.backend,
    device: row.device,
    scoringOf: row.scoring_of,
    error: row.error === null ? null : (JSON.parse(row.error) as unknown),
  });
}
