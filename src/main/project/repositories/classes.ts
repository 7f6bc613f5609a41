import type { ClassInfo } from '#shared/domain/classes.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { ProjectDatabase } from '../connection.ts';
import type { ClassTable } from '../schema.ts';

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

  /** Gives classes new names and colours, all or none. NOT_FOUND for an index that is not there, DUPLICATE_NAME. */
  change(classes: readonly ClassInfo[]): void {
    this.#db.write(() => {
      const before = this.all();
      const wanted = new Map(classes.map((info) => [info.index, info]));
      const strange = classes.find(({ index }) => !before.some((info) => info.index === index));
      if (strange !== undefined) {
        throw new PenumbraError('NOT_FOUND', `There is no class ${strange.index} in this project; expected 1 to ${before.length}.`, {
          remedy: 'Name classes of the project.',
          details: { classIndex: strange.index, classes: before.length },
        });
      }
      const names = before.map(({ index, name }) => wanted.get(index)?.name ?? name);
      const twice = names.find((name, place) => names.indexOf(name) !== place);
      if (twice !== undefined || wanted.size < classes.length) {
        throw new PenumbraError('DUPLICATE_NAME', twice === undefined ? 'A class is named twice in one request.' : `Two classes would be called "${twice}".`, {
          remedy: 'Give each class a name of its own.',
          details: { name: twice ?? null },
        });
      }
      // Names are unique row by row, so two that swap names need names in between; no name holds a NUL.
      for (const { index } of classes) this.#set(index, { name: `\0${index}` });
      for (const { index, name, colour } of classes) this.#set(index, { name, red: colour[0], green: colour[1], blue: colour[2] });
    });
  }

  #set(index: number, values: Partial<ClassTable>): void {
    this.#db.run(this.#db.query.updateTable('classes').set(values).where('class_index', '=', index));
  }
}
