import type { DataProblem } from '#shared/contract/dataset.ts';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';

/** One list with a thousand missing names should not bury everything else. */
const MOST_A_GROUP = 50;

/** Collects what is wrong with single files while an import goes on. */
export class ProblemLog {
  readonly #problems: DataProblem[] = [];
  readonly #groups = new Map<string, { shown: number; hidden: number; last: DataProblem }>();

  add(problem: DataProblem): void {
    this.#problems.push(problem);
  }

  /** As `add`, but only the first of a kind in one file are shown one by one. */
  addToGroup(problem: DataProblem): void {
    const key = `${problem.file} ${problem.code}`;
    const group = this.#groups.get(key) ?? { shown: 0, hidden: 0, last: problem };
    this.#groups.set(key, group);
    group.last = problem;
    if (group.shown === MOST_A_GROUP) {
      group.hidden += 1;
      return;
    }
    group.shown += 1;
    this.#problems.push(problem);
  }

  /** An error met while reading `file`. */
  addError(file: string, thrown: unknown, effect: DataProblem['effect']): void {
    this.addValue(file, toErrorValue(thrown), effect);
  }

  addValue(file: string, { code, message, remedy }: ErrorValue, effect: DataProblem['effect']): void {
    this.#problems.push({ file, code, message, remedy, effect });
  }

  all(): DataProblem[] {
    const rest = [...this.#groups.values()].filter(({ hidden }) => hidden > 0);
    return [...this.#problems, ...rest.map(({ hidden, last }) => ({ ...last, message: `${last.file}: ${hidden} more of this kind (${last.code}).` }))];
  }
}
