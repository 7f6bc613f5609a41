import type { SupervisionKind, SupervisionRule } from '#shared/domain/supervision.ts';

/** Looks up the declaration: a rule for one class wins over the rule for every class of its split; no rule grants nothing. */
export class Grants {
  readonly #kinds = new Map<string, SupervisionKind>();

  constructor(rules: readonly SupervisionRule[]) {
    for (const { split, classIndex, kind } of rules) this.#kinds.set(`${split}/${classIndex ?? '*'}`, kind);
  }

  kind(split: string, classIndex: number): SupervisionKind {
    return this.#kinds.get(`${split}/${classIndex}`) ?? this.#kinds.get(`${split}/*`) ?? 'none';
  }

  /** Boxes and masks say more than tags, so they grant them too. */
  tag(split: string, classIndex: number): boolean {
    return this.kind(split, classIndex) !== 'none';
  }

  /** Whether any class of the split may be learnt from by tags. */
  anyTag(split: string, classes: number): boolean {
    return Array.from({ length: classes }, (_, channel) => channel + 1).some((index) => this.tag(split, index));
  }

  /** A mask shows all its classes at once, so it is granted only where each class in it is granted as a mask. */
  mask(split: string, classesInMask: readonly number[], classes: number): boolean {
    if (classesInMask.length > 0) return classesInMask.every((index) => this.kind(split, index) === 'masks');
    // A mask of background alone teaches about every class.
    return Array.from({ length: classes }, (_, channel) => channel + 1).every((index) => this.kind(split, index) === 'masks');
  }
}
