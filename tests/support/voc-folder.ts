import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { encodeLabelPng } from '#main/images/palette-png.ts';

export interface VocFolder {
  readonly root: string;
  /** Writes a file, making its folders. */
  write(relative: string, content: string | Uint8Array): string;
  remove(): void;
}

/** An empty folder for a dataset made by the test itself; no photo is ever committed. */
export function emptyFolder(prefix = 'penumbra-voc-'): VocFolder {
  const root = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  return {
    root,
    write(relative, content) {
      const path = join(root, relative);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** A generated photo: colour noise from a fixed recurrence, so that it compresses like a photo and not like a blank. */
export function photo(width = 24, height = 16, seed = 1): Sharp {
  let state = seed;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A mask of vertical stripes of the values given. */
export function stripes(values: readonly number[], width = 24, height = 16): Uint8Array {
  const data = Uint8Array.from({ length: width * height }, (_, pixel) => values[Math.floor(((pixel % width) * values.length) / width)] ?? 0);
  return encodeLabelPng({ width, height, data });
}

export interface Sample {
  readonly name: string;
  readonly split?: string;
  /** Values in the mask; no mask when absent. */
  readonly mask?: readonly number[];
}

/** A folder in VOC layout with one JPEG an image, masks where asked, lists and classes.txt. */
export async function vocFolder(samples: readonly Sample[], classNames: readonly string[] | null = ['cat', 'dog', 'bird']): Promise<VocFolder> {
  const folder = emptyFolder();
  const lists = new Map<string, string[]>();
  for (const [position, { name, split, mask }] of samples.entries()) {
    folder.write(`JPEGImages/${name}.jpg`, await photo(24, 16, position + 1).jpeg().toBuffer());
    if (mask !== undefined) folder.write(`SegmentationClass/${name}.png`, stripes(mask));
    if (split !== undefined) lists.set(split, [...(lists.get(split) ?? []), name]);
  }
  for (const [split, names] of lists) folder.write(`ImageSets/Segmentation/${split}.txt`, names.map((name) => `${name}\n`).join(''));
  if (classNames !== null) folder.write('classes.txt', classNames.map((name) => `${name}\n`).join(''));
  return folder;
}
