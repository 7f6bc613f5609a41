import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { vocColour, type ClassInfo } from '#shared/domain/classes.ts';
import { decodeLabelPng } from '#main/images/palette-png.ts';
import type { ImageRecord } from '#main/ml/stage.ts';
import { testImageId } from './stage-context.ts';

const root = fileURLToPath(new URL('../../resources/sample/', import.meta.url));

export const sampleClasses: readonly ClassInfo[] = readFileSync(`${root}classes.txt`, 'utf8')
  .trim()
  .split(/\s+/)
  .map((name, at) => ({ index: at + 1, name, colour: [...vocColour(at + 1)] }));

/** The first photos of a split of the sample, with tags and masks granted. */
export function sampleImages(split: 'train' | 'val', count: number): ImageRecord[] {
  const names = readFileSync(`${root}ImageSets/Segmentation/${split}.txt`, 'utf8').trim().split(/\s+/).slice(0, count);
  return names.map((name, at) => {
    const maskPath = `${root}SegmentationClass/${name}.png`;
    const { map } = decodeLabelPng(readFileSync(maskPath), maskPath);
    return {
      id: testImageId(at + (split === 'train' ? 0 : 1000)),
      name,
      photoPath: `${root}JPEGImages/${name}.jpg`,
      width: map.width,
      height: map.height,
      split,
      tags: sampleClasses.map(({ index }) => (map.data.includes(index) ? 1 : 0)),
      maskPath,
    };
  });
}
