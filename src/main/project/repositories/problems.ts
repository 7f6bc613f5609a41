import { DataProblem } from '#shared/contract/dataset.ts';
import type { ProjectDatabase } from '../connection.ts';

/** What was wrong with single files at import. */
export class ProblemRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  insertAll(problems: readonly DataProblem[]): void {
    this.#db.write(() => {
      for (const problem of problems) this.#db.run(this.#db.query.insertInto('import_problems').values(problem));
    });
  }

  /** In the order in which they were met. */
  all(): DataProblem[] {
    return this.#db
      .all(this.#db.query.selectFrom('import_problems').select(['file', 'code', 'message', 'remedy', 'effect']).orderBy('sequence'))
      .map((row) => DataProblem.parse(row));
  }

  /** Problems that cost a photo or its mask. */
  serious(): number {
    const row = this.#db.first(
      this.#db.query
        .selectFrom('import_problems')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('effect', '!=', 'warning'),
    );
    return row?.count ?? 0;
  }
}
