import { PenumbraError } from '#shared/errors.ts';
import { SupervisionKind, type SupervisionRule } from '#shared/domain/supervision.ts';
import type { ProjectDatabase } from '../connection.ts';

const EVERY_CLASS = 0;

/** The declaration of what algorithms may learn from, by split and class. */
export class SupervisionRepository {
  readonly #db: ProjectDatabase;

  constructor(db: ProjectDatabase) {
    this.#db = db;
  }

  /** Ordered by split, rules for every class before rules for one. */
  rules(): SupervisionRule[] {
    return this.#db
      .all(this.#db.query.selectFrom('supervision').selectAll().orderBy('split').orderBy('class_index'))
      .map((row) => ({ split: row.split, classIndex: row.class_index === EVERY_CLASS ? null : row.class_index, kind: SupervisionKind.parse(row.kind) }));
  }

  /** Replaces the declaration. A later rule for the same cell wins. NOT_FOUND for a split or class the project does not have. */
  replace(rules: readonly SupervisionRule[], known: { splits: readonly string[]; classes: number }): void {
    for (const rule of rules) {
      if (!known.splits.includes(rule.split)) {
        throw new PenumbraError('NOT_FOUND', `There is no split "${rule.split}" in this project; it has ${known.splits.join(', ') || 'none'}.`, {
          remedy: 'Name a split of the project.',
          details: { split: rule.split },
        });
      }
      if (rule.classIndex !== null && rule.classIndex > known.classes) {
        throw new PenumbraError('NOT_FOUND', `There is no class ${rule.classIndex} in this project; expected 1 to ${known.classes}.`, {
          remedy: 'Choose a class of the project.',
          details: { classIndex: rule.classIndex, classes: known.classes },
        });
      }
    }
    const cells = new Map(rules.map((rule) => [`${rule.split}/${rule.classIndex ?? EVERY_CLASS}`, rule]));
    this.#db.write(() => {
      this.#db.run(this.#db.query.deleteFrom('supervision'));
      for (const { split, classIndex, kind } of cells.values()) {
        this.#db.run(this.#db.query.insertInto('supervision').values({ split, class_index: classIndex ?? EVERY_CLASS, kind }));
      }
    });
  }
}
