import { afterEach, describe, expect, it } from 'vitest';
import { emptyFolder, vocFolder, type VocFolder } from '../../../../tests/support/voc-folder.ts';
import { inspectVoc } from './inspect.ts';

const open: VocFolder[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) folder.remove();
});

describe('looking at a folder', () => {
  it('says what there is: photos, masks, splits, tag sources, classes', async () => {
    const folder = await vocFolder([{ name: 'a', split: 'train', mask: [1] }, { name: 'b', split: 'val' }]);
    open.push(folder);
    folder.write('tags.csv', 'filename,cat,dog,bird\na,1,0,0\n');
    folder.write('authors.csv', 'filename,author\na,Ann\n');
    folder.write('Annotations/a.xml', '<annotation/>');
    expect(await inspectVoc(folder.root)).toEqual({
      layout: 'voc',
      images: 2,
      masks: 1,
      splits: [{ name: 'train', images: 1 }, { name: 'val', images: 1 }],
      tagSources: ['csv', 'xml', 'masks'],
      csvFiles: ['tags.csv'],
      classNames: ['cat', 'dog', 'bird'],
      problems: [],
    });
  });

  it('reports lists that name nothing and tables that are broken, without failing', async () => {
    const folder = await vocFolder([{ name: 'a' }], null);
    open.push(folder);
    folder.write('ImageSets/Segmentation/train.txt', 'nobody\n');
    folder.write('tags.csv', 'filename,cat,cat\na,1,0\n');
    const found = await inspectVoc(folder.root);
    expect(found).toMatchObject({ splits: [{ name: 'train', images: 0 }], classNames: null, csvFiles: ['tags.csv'] });
    expect(found.problems.map(({ code }) => code)).toEqual(['FILE_MISSING', 'SPLIT_EMPTY']);
  });

  it('opens no photo: thousands are looked at in no time, damaged or not', async () => {
    const folder = emptyFolder();
    open.push(folder);
    for (let index = 0; index < 50; index++) folder.write(`JPEGImages/${index}.jpg`, 'no photo');
    expect(await inspectVoc(folder.root)).toMatchObject({ images: 50, masks: 0, classNames: null, tagSources: [] });
  });
});
