import type { ClassInfo } from '#shared/domain/classes.ts';
import type { ProjectDatabase } from '../connection.ts';

export class ClassRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  /** Ordered by index, without gaps from 1. */
  all(): ClassInfo[] {
    return this.#db
      .all(this.#db.query.selectFrom('classes').selectAll().orderBy('class_index'))
      .map((row) => ({ index: row.class_index, name: row.name, colour: [row.red, row.green, row.blue] }));
  }

  insertAll(classes: readonly ClassInfo[]): void {
    this.#db.write(() => {
      for (const { index, name, colour } of classes) {
        this.#db.run(this.#db.query.insertInto('classes').values({ class_index: index, name, red: colour[0], green: colour[1], blue: colour[2] }));
      }
    });
  }
}
