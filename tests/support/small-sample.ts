import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SAMPLE = path.resolve(import.meta.dirname, '../../resources/sample');

/** A VOC folder of a few sample photos in `root`: JPEGImages, SegmentationClass, lists, classes.txt, labels.csv. */
export function makeSmallSample(root: string, counts: { readonly train: number; readonly val: number }): void {
  const lists = Object.entries(counts).map(([split, count]) => {
    const names = readFileSync(path.join(SAMPLE, 'ImageSets/Segmentation', `${split}.txt`), 'utf8').split('\n').filter(Boolean).slice(0, count);
    return { split, names };
  });
  for (const folder of ['JPEGImages', 'SegmentationClass', 'ImageSets/Segmentation']) mkdirSync(path.join(root, folder), { recursive: true });
  for (const { split, names } of lists) {
    writeFileSync(path.join(root, 'ImageSets/Segmentation', `${split}.txt`), `${names.join('\n')}\n`);
    for (const name of names) {
      cpSync(path.join(SAMPLE, 'JPEGImages', `${name}.jpg`), path.join(root, 'JPEGImages', `${name}.jpg`));
      cpSync(path.join(SAMPLE, 'SegmentationClass', `${name}.png`), path.join(root, 'SegmentationClass', `${name}.png`));
    }
  }
  cpSync(path.join(SAMPLE, 'classes.txt'), path.join(root, 'classes.txt'));
  const wanted = new Set(lists.flatMap(({ names }) => names));
  const [head = '', ...rows] = readFileSync(path.join(SAMPLE, 'labels.csv'), 'utf8').split(/\r?\n/).filter(Boolean);
  const kept = rows.filter((row) => wanted.has(path.parse((row.split(',')[0] ?? '').replaceAll('"', '')).name));
  writeFileSync(path.join(root, 'labels.csv'), `${[head, ...kept].join('\n')}\n`);
}
