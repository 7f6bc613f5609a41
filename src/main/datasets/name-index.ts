import { basename } from 'node:path/posix';
import { checkRelative } from '../images/path-resolver.ts';

export const PHOTO_EXTENSIONS = ['jpg', 'jpeg', 'png', 'webp', 'tif', 'tiff', 'avif', 'gif'] as const;
const EXTENSION = new RegExp(`\\.(${PHOTO_EXTENSIONS.join('|')}|bmp|xml)$`, 'i');

export function withoutExtension(path: string): string {
  return path.replace(EXTENSION, '');
}

export type NameMatch = { readonly kind: 'found'; readonly name: string } | { readonly kind: 'missing' } | { readonly kind: 'ambiguous'; readonly among: readonly string[] };

/** Finds the photo that a line of a list or CSV means: with or without folder, with or without extension. */
export class NameIndex {
  readonly #names: ReadonlySet<string>;
  readonly #byBase = new Map<string, string[]>();
  readonly #folder: string;

  /** `names` are relative to `folder`, without extension. */
  constructor(names: Iterable<string>, folder: string) {
    this.#names = new Set(names);
    this.#folder = `${folder}/`;
    for (const name of this.#names) {
      const base = basename(name);
      const same = this.#byBase.get(base);
      if (same === undefined) this.#byBase.set(base, [name]);
      else same.push(name);
    }
  }

  /** Throws PATH_OUTSIDE_ROOT for a name that climbs. */
  find(written: string): NameMatch {
    let name = checkRelative(written);
    if (name.startsWith(this.#folder)) name = name.slice(this.#folder.length);
    for (const candidate of [name, withoutExtension(name)]) {
      if (this.#names.has(candidate)) return { kind: 'found', name: candidate };
    }
    for (const candidate of [name, withoutExtension(name)]) {
      const [only, ...others] = this.#byBase.get(candidate) ?? [];
      if (only === undefined) continue;
      return others.length === 0 ? { kind: 'found', name: only } : { kind: 'ambiguous', among: [only, ...others] };
    }
    return { kind: 'missing' };
  }
}
