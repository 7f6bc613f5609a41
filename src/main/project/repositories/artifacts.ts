import { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { ProjectDatabase } from '../connection.ts';

export interface IndexedArtifact {
  readonly manifest: ArtifactManifest;
  readonly pinned: boolean;
}

/** The index of sealed artifacts. The folders on disk are the truth; this makes them findable. */
export class ArtifactRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  /** Takes the place of an earlier manifest of the key. */
  insert(manifest: ArtifactManifest): void {
    this.#db.write(() =>
      this.#db.run(
        this.#db.query
          .insertInto('artifacts')
          .values({
            key: manifest.key,
            kind: manifest.kind,
            stage: manifest.stage,
            run_id: manifest.runId,
            created_at: manifest.createdAt,
            bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
            pinned: 0,
            manifest: JSON.stringify(manifest),
          })
          // One that left images out may have been completed since; its pin stays.
          .onConflict((conflict) =>
            conflict.column('key').doUpdateSet((row) => ({
              run_id: row.ref('excluded.run_id'),
              created_at: row.ref('excluded.created_at'),
              bytes: row.ref('excluded.bytes'),
              manifest: row.ref('excluded.manifest'),
            })),
          ),
      ),
    );
  }

  get(key: string): IndexedArtifact | null {
    const row = this.#db.first(this.#db.query.selectFrom('artifacts').select(['manifest', 'pinned']).where('key', '=', key));
    return row === undefined ? null : toIndexed(row);
  }

  /** Newest first. */
  list(query: { readonly kind?: string | undefined } = {}): IndexedArtifact[] {
    let rows = this.#db.query.selectFrom('artifacts').select(['manifest', 'pinned']);
    if (query.kind !== undefined) rows = rows.where('kind', '=', query.kind);
    return this.#db.all(rows.orderBy('sequence', 'desc')).map(toIndexed);
  }

  /** False when there is no such artifact. */
  pin(key: string, pinned: boolean): boolean {
    return this.#db.write(() => this.#db.run(this.#db.query.updateTable('artifacts').set({ pinned: pinned ? 1 : 0 }).where('key', '=', key))) > 0;
  }

  delete(key: string): void {
    this.#db.write(() => this.#db.run(this.#db.query.deleteFrom('artifacts').where('key', '=', key)));
  }
}

function toIndexed(row: { manifest: string; pinned: number }): IndexedArtifact {
  return { manifest: ArtifactManifest.parse(JSON.parse(row.manifest)), pinned: row.pinned === 1 };
}
