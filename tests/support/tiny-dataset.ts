import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';

/** A generated photo: its class fills a rectangle, so that masks and tags agree. */
export interface TinyImage {
  readonly name: string;
  readonly split: 'train' | 'val';
  readonly classIndex: 1 | 2;
}

export const TINY_WIDTH = 96; // px
export const TINY_HEIGHT = 80; // px
export const TINY_CLASSES = ['cat', 'dog'] as const;
export const TINY_IMAGES: readonly TinyImage[] = [
  { name: 'a1', split: 'train', classIndex: 1 },
  { name: 'a2', split: 'train', classIndex: 2 },
  { name: 'a3', split: 'train', classIndex: 1 },
  { name: 'a4', split: 'train', classIndex: 2 },
  { name: 'b1', split: 'val', classIndex: 1 },
  { name: 'b2', split: 'val', classIndex: 2 },
];

/** Background with a rectangle of the image's class, and an ignored column at the right edge. */
export function tinyTruth(image: TinyImage): LabelMap {
  const data = new Uint8Array(TINY_WIDTH * TINY_HEIGHT);
  for (let y = 20; y < 60; y++) data.fill(image.classIndex, y * TINY_WIDTH + 16, y * TINY_WIDTH + 72);
  for (let y = 0; y < TINY_HEIGHT; y++) data[y * TINY_WIDTH + TINY_WIDTH - 1] = 255;
  return { width: TINY_WIDTH, height: TINY_HEIGHT, data };
}

/** Writes a dataset in VOC layout with masks and a CSV of tags. Returns `root`. */
export async function makeTinyDataset(root: string): Promise<string> {
  for (const folder of ['JPEGImages', 'SegmentationClass', 'ImageSets/Segmentation']) await mkdir(path.join(root, folder), { recursive: true });
  for (const [index, image] of TINY_IMAGES.entries()) {
    const create = { width: TINY_WIDTH, height: TINY_HEIGHT, channels: 3, background: { r: 40 * index, g: 90, b: 60 } } as const;
    await sharp({ create }).jpeg().toFile(path.join(root, 'JPEGImages', `${image.name}.jpg`));
    await writeFile(path.join(root, 'SegmentationClass', `${image.name}.png`), encodeLabelPng(tinyTruth(image)));
  }
  for (const split of ['train', 'val'] as const) {
    const names = TINY_IMAGES.filter((image) => image.split === split).map((image) => `${image.name}\n`);
    await writeFile(path.join(root, 'ImageSets/Segmentation', `${split}.txt`), names.join(''));
  }
  const rows = TINY_IMAGES.map((image) => `${image.name}.jpg,${image.classIndex === 1 ? '1,0' : '0,1'}\n`);
  await writeFile(path.join(root, 'labels.csv'), `filename,${TINY_CLASSES.join(',')}\n${rows.join('')}`);
  return root;
}
