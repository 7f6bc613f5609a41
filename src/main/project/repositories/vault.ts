import { SourceKind } from '#shared/domain/supervision.ts';
import type { VaultEntry } from '#shared/contract/project.ts';
import type { ProjectDatabase } from '../connection.ts';

/** The log of every look at ground truth outside the supervision declaration. Rows are only ever added. */
export class VaultRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  record(entry: VaultEntry): void {
    this.#db.write(() =>
      this.#db.run(
        this.#db.query.insertInto('vault_log').values({
          at: entry.at,
          used_by: entry.by,
          run_id: entry.runId,
          purpose: entry.purpose,
          source: entry.source,
          images: entry.images,
          image_id: entry.imageId,
        }),
      ),
    );
  }

  /** Newest first. */
  log(offset: number, limit: number): { total: number; entries: VaultEntry[] } {
    const total = this.#db.first(this.#db.query.selectFrom('vault_log').select((eb) => eb.fn.countAll<number>().as('count')));
    const rows = this.#db.all(this.#db.query.selectFrom('vault_log').selectAll().orderBy('sequence', 'desc').limit(limit).offset(offset));
    return {
      total: total?.count ?? 0,
      entries: rows.map((row) => ({
        at: row.at,
        by: row.used_by,
        runId: row.run_id,
        purpose: row.purpose,
        source: SourceKind.parse(row.source),
        images: row.images,
        imageId: row.image_id,
      })),
    };
  }
}
