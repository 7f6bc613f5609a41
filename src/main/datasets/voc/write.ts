import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClassInfo } from '#shared/domain/classes.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { encodeLabelPng } from '../../images/palette-png.ts';
import { checkRelative } from '../../images/path-resolver.ts';
import { CLASSES_FILE } from '../class-names.ts';
import { LISTS, MASKS } from './layout.ts';

/**
 * Writes label maps in VOC layout into a folder: SegmentationClass/NAME.png (8-bit palette PNG in the VOC colours), a list a split, and
 * classes.txt. The caller decides where the folder is and makes it visible when all is written.
 */
export class VocWriter {
  readonly #dir: string;
  readonly #names = new Map<string, string[]>();
  #bytes = 0;
  #files = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** PATH_OUTSIDE_ROOT for a name that climbs. */
  async addMask(name: string, split: string | null, map: LabelMap): Promise<void> {
    await this.#write(`${MASKS}/${checkRelative(name)}.png`, encodeLabelPng(map));
    if (split === null) return;
    const names = this.#names.get(split);
    if (names === undefined) this.#names.set(split, [name]);
    else names.push(name);
  }

  /** Writes lists and class names; returns what was written in all. */
  async finish(classes: readonly ClassInfo[]): Promise<{ files: number; bytes: number }> {
    for (const [split, names] of this.#names) await this.#write(`${LISTS}/${checkRelative(split)}.txt`, names.sort().map((name) => `${name}\n`).join(''));
    await this.#write(CLASSES_FILE, [...classes].sort((a, b) => a.index - b.index).map(({ name }) => `${name}\n`).join(''));
    return { files: this.#files, bytes: this.#bytes };
  }

  async #write(relative: string, content: Uint8Array | string): Promise<void> {
    const path = join(this.#dir, relative);
    await mkdir(dirname(path), { recursive: true });
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    await writeFile(path, bytes, { flag: 'wx' });
    this.#files += 1;
    this.#bytes += bytes.length;
  }
}
