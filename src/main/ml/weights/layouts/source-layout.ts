import type { InputScale } from '../../nn/networks/catalogue.ts';

/** A tensor under the reference's name, or what it is that the reference leaves out. */
export type Named = { readonly name: string } | { readonly leftOut: string };

/** How another program names the tensors of a network that is here under its reference's names. */
export interface SourceLayout {
  /** Such as "torchvision’s VGG-16". */
  readonly title: string;
  /** How photos were scaled for it. */
  readonly photos: InputScale;
  /** What becomes of every key; null where the keys are not this layout's, all of them. */
  names(keys: readonly string[]): ReadonlyMap<string, Named> | null;
}

/** The same where each key tells by itself. */
export function keyByKey(keys: readonly string[], name: (key: string) => Named | null): ReadonlyMap<string, Named> | null {
  const found = new Map<string, Named>();
  for (const key of keys) {
    const named = name(key);
    if (named === null) return null;
    found.set(key, named);
  }
  return found;
}
