import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { emptyFolder, photo, type VocFolder } from '../../../../tests/support/voc-folder.ts';
import { checkFiles } from '../../images/check/file-check.ts';
import { decodeLabelPng } from '../../images/palette-png.ts';
import { toClasses } from '../class-names.ts';
import { inspectVoc } from './inspect.ts';
import { readVoc } from './read.ts';
import { VocWriter } from './write.ts';

const open: VocFolder[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) folder.remove();
});

describe('writing VOC layout', () => {
  it('is read back as it was written', async () => {
    const folder = emptyFolder();
    open.push(folder);
    const writer = new VocWriter(folder.root);
    const maps = ['b', 'a', 'sub/c'].map((name, index) => ({
      name,
      map: { width: 24, height: 16, data: Uint8Array.from({ length: 24 * 16 }, (_, pixel) => [0, 1, 2, 255][(pixel + index) % 4] ?? 0) },
    }));
    for (const { name, map } of maps) await writer.addMask(name, name === 'sub/c' ? 'val' : 'train', map);
    const written = await writer.finish(toClasses(['cat', 'dog'], []));
    expect(written.files).toBe(6);
    for (const { name } of maps) folder.write(`JPEGImages/${name}.jpg`, await photo().jpeg().toBuffer());
    for (const { name, map } of maps) expect(decodeLabelPng(readFileSync(join(folder.root, 'SegmentationClass', `${name}.png`)), name).map).toEqual(map);
    expect(await inspectVoc(folder.root)).toMatchObject({
      images: 3,
      masks: 3,
      splits: [{ name: 'train', images: 2 }, { name: 'val', images: 1 }],
      classNames: ['cat', 'dog'],
      tagSources: ['masks'],
      problems: [],
    });
    const dataset = await readVoc({ root: folder.root, tags: { kind: 'masks' }, checker: { check: checkFiles, close: () => undefined } });
    expect(dataset.images.map(({ name, split, tags }) => [name, split, tags])).toEqual([['a', 'train', [1, 2]], ['b', 'train', [1, 2]], ['sub/c', 'val', [1, 2]]]);
  });

  it('refuses names that climb and never replaces a file', async () => {
    const folder = emptyFolder();
    open.push(folder);
    const writer = new VocWriter(folder.root);
    const map = { width: 1, height: 1, data: Uint8Array.of(0) };
    await expect(writer.addMask('../x', null, map)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
    await writer.addMask('x', null, map);
    await expect(writer.addMask('x', null, map)).rejects.toMatchObject({ code: 'EEXIST' });
  });
});
