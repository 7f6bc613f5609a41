import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { DataProblem, TagSource } from '#shared/contract/dataset.ts';
import type { ImportedDataset } from '#shared/domain/imported.ts';
import { checkFiles } from '../../images/check/file-check.ts';
import { encodeLabelPng } from '../../images/palette-png.ts';
import { bombPng } from '../../../../tests/support/png.ts';
import { emptyFolder, photo, stripes, vocFolder, type VocFolder } from '../../../../tests/support/voc-folder.ts';
import { readVoc } from './read.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const remove of open.splice(0)) remove();
});

const GOOD = [
  { name: 'a', split: 'train', mask: [0, 1] },
  { name: 'b', split: 'train', mask: [0, 1, 2] },
  { name: 'c', split: 'train', mask: [2, 255, 3] },
  { name: 'd', split: 'train', mask: [0, 3] },
  { name: 'e', split: 'val', mask: [0, 1, 3] },
];

async function good(): Promise<VocFolder> {
  const folder = await vocFolder(GOOD);
  open.push(() => folder.remove());
  return folder;
}

/** In this process: starting one for each test would take longer than all of them. The process pool has tests of its own, and some here. */
const inProcess = { check: checkFiles, close: () => undefined };

function read(folder: VocFolder, tags: TagSource = { kind: 'masks' }, options: Partial<Parameters<typeof readVoc>[0]> = {}): Promise<ImportedDataset> {
  return readVoc({ root: folder.root, tags, checker: inProcess, ...options });
}

/** As a project's import does it: in child processes. */
function readInProcesses(folder: VocFolder, options: Partial<Parameters<typeof readVoc>[0]> = {}): Promise<ImportedDataset> {
  return readVoc({ root: folder.root, tags: { kind: 'masks' }, ...options });
}

function names(dataset: ImportedDataset): string[] {
  return dataset.images.map((image) => image.name);
}

/** The problems of a file; every one has a way out. */
function about(dataset: ImportedDataset, file: string): DataProblem[] {
  for (const problem of dataset.problems) expect(problem.remedy.length).toBeGreaterThan(10);
  return dataset.problems.filter((problem) => problem.file === file);
}

describe('a sound folder', () => {
  it('gives photos, splits, tags from masks and masks for the vault', { timeout: 30_000 }, async () => {
    const dataset = await readInProcesses(await good());
    expect(dataset.problems).toEqual([]);
    expect(dataset.classes.map(({ index, name }) => [index, name])).toEqual([[1, 'cat'], [2, 'dog'], [3, 'bird']]);
    expect(dataset.images.map(({ name, split, tags }) => [name, split, tags])).toEqual([
      ['a', 'train', [1]],
      ['b', 'train', [1, 2]],
      ['c', 'train', [2, 3]],
      ['d', 'train', [3]],
      ['e', 'val', [1, 3]],
    ]);
    expect(dataset.images[2]?.mask).toMatchObject({ path: 'SegmentationClass/c.png', classes: [2, 3] });
    expect(dataset.supervision).toEqual([
      { split: 'train', classIndex: null, kind: 'tags' },
      { split: 'val', classIndex: null, kind: 'tags' },
    ]);
    expect(dataset.truthUse).toMatchObject({ images: 5 });
  });

  it('gives the same ids for the same photos wherever they lie, and others for other photos', async () => {
    const [first, second] = [await read(await good()), await read(await good())];
    expect(second.images.map(({ id }) => id)).toEqual(first.images.map(({ id }) => id));
    expect(new Set(first.images.map(({ id }) => id)).size).toBe(5);
    for (const { id } of first.images) expect(id).toMatch(/^im_[0-9a-z]{16}$/);
  });

  it('reports progress from 0 to all', async () => {
    const seen: number[] = [];
    await read(await good(), { kind: 'masks' }, { onProgress: ({ done, total }) => seen.push(done / total) });
    expect(seen).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  });

  it('does not look at masks for tags unless asked', async () => {
    const folder = await good();
    folder.write('labels.csv', 'filename,cat,dog,bird\na.jpg,1,0,0\nb.jpg,0,1,0\nc.jpg,0,1,1\nd.jpg,1,0,1\ne.jpg,0,0,1\n');
    const dataset = await read(folder, { kind: 'csv', file: 'labels.csv' });
    expect(dataset.truthUse).toBeNull();
    expect(dataset.images.map(({ tags }) => tags)).toEqual([[1], [2], [2, 3], [1, 3], [3]]);
  });
});

describe('bad photos leave the others alone', () => {
  async function withPhoto(file: string, content: Uint8Array | string): Promise<ImportedDataset> {
    const folder = await good();
    folder.write(file, content);
    return read(folder);
  }

  it('truncated JPEG', async () => {
    const whole = await photo(80, 60, 9).jpeg().toBuffer();
    const dataset = await withPhoto('JPEGImages/cut.jpg', whole.subarray(0, whole.length / 2));
    expect(names(dataset)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(about(dataset, 'JPEGImages/cut.jpg')).toMatchObject([{ code: 'IMAGE_TRUNCATED', effect: 'skipped', message: expect.stringMatching(/^JPEGImages\/cut\.jpg /) as string }]);
  });

  it('30,000 × 30,000 PNG of 100 kB', async () => {
    const dataset = await withPhoto('JPEGImages/bomb.png', bombPng());
    expect(names(dataset)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(about(dataset, 'JPEGImages/bomb.png')).toMatchObject([{ code: 'IMAGE_TOO_LARGE', effect: 'skipped' }]);
  });

  it('not a photo at all', async () => {
    const dataset = await withPhoto('JPEGImages/text.jpg', 'hello');
    expect(about(dataset, 'JPEGImages/text.jpg')).toMatchObject([{ code: 'IMAGE_UNREADABLE', effect: 'skipped' }]);
  });

  it('a photo whose decoding hangs', { timeout: 60_000 }, async () => {
    process.env['PENUMBRA_FAULTS'] = 'images.decode=hang@2';
    try {
      const dataset = await readInProcesses(await good(), { timeoutMs: 5000 });
      const lost = dataset.problems.filter(({ code }) => code === 'IMAGE_UNREADABLE');
      expect(lost.length).toBeGreaterThan(0);
      expect(dataset.images.length + lost.length).toBe(5);
      expect(dataset.images.length).toBeGreaterThan(0);
    } finally {
      delete process.env['PENUMBRA_FAULTS'];
    }
  });

  it('16-bit and CMYK photos are used as 8-bit sRGB, and said so', async () => {
    const folder = await good();
    folder.write('JPEGImages/deep.png', await photo(24, 16, 8).toColourspace('rgb16').png().toBuffer());
    folder.write('JPEGImages/print.jpg', await photo(24, 16, 9).toColourspace('cmyk').jpeg().toBuffer());
    const dataset = await read(folder);
    expect(names(dataset)).toEqual(['a', 'b', 'c', 'd', 'deep', 'e', 'print']);
    expect(about(dataset, 'JPEGImages/deep.png')).toMatchObject([{ code: 'IMAGE_UNSUPPORTED', effect: 'warning', message: expect.stringContaining('16 bits') as string }]);
    expect(about(dataset, 'JPEGImages/print.jpg')).toMatchObject([{ code: 'IMAGE_UNSUPPORTED', effect: 'warning', message: expect.stringContaining('CMYK') as string }]);
  });

  it('EXIF rotation: size as shown, and a mask that was not turned is refused', async () => {
    const folder = await good();
    folder.write('JPEGImages/turned.jpg', await photo(24, 16, 9).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    folder.write('SegmentationClass/turned.png', stripes([0, 1], 16, 24));
    folder.write('JPEGImages/flat.jpg', await photo(24, 16, 10).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    folder.write('SegmentationClass/flat.png', stripes([0, 1], 24, 16));
    const dataset = await read(folder);
    const [turned, flat] = ['turned', 'flat'].map((name) => dataset.images.find((image) => image.name === name));
    expect(turned).toMatchObject({ width: 16, height: 24, problem: null, mask: { classes: [1] } });
    expect(flat).toMatchObject({ width: 16, height: 24, mask: null, tags: null });
    expect(about(dataset, 'SegmentationClass/flat.png')).toMatchObject([{ code: 'MASK_SIZE_MISMATCH', effect: 'imported-without-mask', message: expect.stringContaining('EXIF') as string }]);
  });

  it('two photos that differ in their extension alone', async () => {
    const dataset = await withPhoto('JPEGImages/a.png', await photo(24, 16, 9).png().toBuffer());
    expect(dataset.images.find(({ name }) => name === 'a')?.photoPath).toBe('JPEGImages/a.jpg');
    expect(about(dataset, 'JPEGImages/a.png')).toMatchObject([{ code: 'DUPLICATE_NAME', effect: 'skipped' }]);
  });

  it('one file name in two folders: both are taken, a bare name in a list is ambiguous', async () => {
    const folder = await good();
    folder.write('JPEGImages/one/x.jpg', await photo(24, 16, 8).jpeg().toBuffer());
    folder.write('JPEGImages/two/x.jpg', await photo(24, 16, 9).jpeg().toBuffer());
    folder.write('JPEGImages/two/only.jpg', await photo(24, 16, 10).jpeg().toBuffer());
    folder.write('ImageSets/Segmentation/test.txt', 'x\ntwo/x\nonly\n');
    const dataset = await read(folder);
    expect(dataset.images.filter(({ split }) => split === 'test').map(({ name }) => name)).toEqual(['two/only', 'two/x']);
    expect(names(dataset)).toContain('one/x');
    expect(about(dataset, 'ImageSets/Segmentation/test.txt')).toMatchObject([{ code: 'DUPLICATE_NAME', message: expect.stringContaining('line 1 names "x", which could be one/x or two/x') as string }]);
  });

  it('a link that leads out of the folder', async () => {
    const folder = await good();
    const outside = mkdtempSync(join(tmpdir(), 'penumbra-outside-'));
    open.push(() => rmSync(outside, { recursive: true }));
    writeFileSync(join(outside, 'x.jpg'), await photo().jpeg().toBuffer());
    symlinkSync(join(outside, 'x.jpg'), join(folder.root, 'JPEGImages', 'leak.jpg'));
    const dataset = await read(folder);
    expect(names(dataset)).not.toContain('leak');
    expect(about(dataset, 'JPEGImages/leak.jpg')).toMatchObject([{ code: 'PATH_OUTSIDE_ROOT', effect: 'skipped' }]);
  });

  it('a link to a folder', async () => {
    const folder = await good();
    folder.write('elsewhere/x.jpg', await photo().jpeg().toBuffer());
    symlinkSync(join(folder.root, 'elsewhere'), join(folder.root, 'JPEGImages', 'more'));
    const dataset = await read(folder);
    expect(names(dataset)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(about(dataset, 'JPEGImages/more')).toMatchObject([{ effect: 'skipped', message: expect.stringContaining('link to a folder') as string }]);
  });
});

describe('bad masks cost the mask, not the photo', () => {
  it.each([
    ['of another size', stripes([0, 1], 23, 16), 'MASK_SIZE_MISMATCH'],
    ['with ids beyond the list', stripes([0, 4, 200]), 'MASK_UNKNOWN_CLASS'],
    ['cut short', stripes([0, 1]).subarray(0, 60), 'IMAGE_TRUNCATED'],
    ['that is no PNG', new TextEncoder().encode('hello'), 'IMAGE_UNREADABLE'],
  ])('%s', async (_, bytes, code) => {
    const folder = await good();
    folder.write('SegmentationClass/b.png', bytes);
    const dataset = await read(folder);
    expect(dataset.images.find(({ name }) => name === 'b')).toMatchObject({ mask: null, tags: null, split: 'train', problem: expect.stringContaining('SegmentationClass/b.png') as string });
    expect(dataset.images.filter(({ mask }) => mask !== null).map(({ name }) => name)).toEqual(['a', 'c', 'd', 'e']);
    expect(about(dataset, 'SegmentationClass/b.png')).toMatchObject([{ code, effect: 'imported-without-mask' }]);
  });

  it('drawn in colours outside the palette', async () => {
    const folder = await good();
    const colours = new Uint8Array(24 * 16 * 3).fill(77);
    folder.write('SegmentationClass/b.png', await sharp(colours, { raw: { width: 24, height: 16, channels: 3 } }).png().toBuffer());
    const dataset = await read(folder);
    expect(about(dataset, 'SegmentationClass/b.png')).toMatchObject([{ code: 'MASK_UNKNOWN_COLOUR', effect: 'imported-without-mask', message: expect.stringContaining('(77, 77, 77)') as string }]);
    expect(dataset.images).toHaveLength(5);
  });

  it('with a palette that an editor has put in another order: taken, with a warning', async () => {
    const folder = await good();
    const data = new Uint8Array(24 * 16).fill(1);
    folder.write('SegmentationClass/b.png', encodeLabelPng({ width: 24, height: 16, data }, [[0, 0, 0], [128, 128, 0]]));
    const dataset = await read(folder);
    expect(about(dataset, 'SegmentationClass/b.png')).toMatchObject([{ code: 'MASK_UNKNOWN_COLOUR', effect: 'warning' }]);
  });

  it('in another format than PNG', async () => {
    const folder = await good();
    rmSync(join(folder.root, 'SegmentationClass', 'a.png'));
    folder.write('SegmentationClass/a.jpg', await photo().jpeg().toBuffer());
    const dataset = await read(folder);
    expect(dataset.images.find(({ name }) => name === 'a')?.mask).toBeNull();
    expect(about(dataset, 'SegmentationClass')).toContainEqual(expect.objectContaining({ code: 'IMAGE_UNSUPPORTED', message: expect.stringContaining('SegmentationClass/a.jpg is a JPG file') as string }));
  });

  it('of no photo', async () => {
    const folder = await good();
    folder.write('SegmentationClass/nobody.png', stripes([0, 1]));
    expect(about(await read(folder), 'SegmentationClass')).toMatchObject([{ code: 'FILE_MISSING', effect: 'warning' }]);
  });
});

describe('lists', () => {
  it('with BOM, CRLF, Latin-1 and spaces', async () => {
    const folder = await good();
    folder.write('JPEGImages/müller 1.jpg', await photo(24, 16, 9).jpeg().toBuffer());
    folder.write('ImageSets/Segmentation/train.txt', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('a\r\nb\r\n\r\n  c.jpg \r\nJPEGImages/d.jpg')]));
    folder.write('ImageSets/Segmentation/val.txt', Buffer.from('e\rm\xfcller 1\r', 'latin1'));
    const dataset = await read(folder);
    expect(dataset.images.map(({ name, split }) => `${name} ${split ?? '-'}`)).toEqual(['a train', 'b train', 'c train', 'd train', 'e val', 'müller 1 val']);
    expect(about(dataset, 'ImageSets/Segmentation/val.txt')).toMatchObject([{ code: 'LIST_MALFORMED', message: expect.stringContaining('Latin-1') as string }]);
  });

  it('of classes in Latin-1', async () => {
    const folder = await good();
    folder.write('classes.txt', Buffer.from('cat\nk\xf6nigspudel\nbird\n', 'latin1'));
    const dataset = await read(folder);
    expect(dataset.classes[1]?.name).toBe('königspudel');
    expect(about(dataset, 'classes.txt')).toContainEqual(expect.objectContaining({ code: 'LIST_MALFORMED', message: expect.stringContaining('Latin-1') as string }));
  });

  it('that climb out, name missing photos, or overlap', async () => {
    const folder = await good();
    folder.write('ImageSets/Segmentation/val.txt', '../../etc/passwd\n/etc/passwd\nnone\ne\na\n');
    const dataset = await read(folder);
    const found = about(dataset, 'ImageSets/Segmentation/val.txt');
    expect(found.map(({ code }) => code).sort()).toEqual(['FILE_MISSING', 'LIST_MALFORMED', 'PATH_OUTSIDE_ROOT', 'PATH_OUTSIDE_ROOT']);
    expect(found.find(({ code }) => code === 'LIST_MALFORMED')?.message).toContain('are in ImageSets/Segmentation/train.txt too, such as "a"');
    expect(dataset.images.map(({ split }) => split)).toEqual(['train', 'train', 'train', 'train', 'val']);
  });

  it('made of others (trainval) make no split and no complaint', async () => {
    const folder = await good();
    folder.write('ImageSets/Segmentation/trainval.txt', 'a\nb\nc\nd\ne\n');
    const dataset = await read(folder);
    expect(dataset.problems).toEqual([]);
    expect(dataset.supervision.map(({ split }) => split)).toEqual(['train', 'val']);
  });

  it('a thousand wrong lines do not bury the rest', async () => {
    const folder = await good();
    folder.write('ImageSets/Segmentation/val.txt', `e\n${Array.from({ length: 1000 }, (_, index) => `none${index}\n`).join('')}`);
    const found = about(await read(folder), 'ImageSets/Segmentation/val.txt');
    expect(found).toHaveLength(51);
    expect(found.at(-1)?.message).toContain('950 more');
  });

  it('an empty split', async () => {
    const folder = await good();
    folder.write('ImageSets/Segmentation/val.txt', '\n');
    const dataset = await read(folder);
    expect(about(dataset, 'ImageSets/Segmentation/val.txt')).toMatchObject([{ code: 'SPLIT_EMPTY', effect: 'warning' }]);
    expect(names(dataset)).toHaveLength(5);
  });

  it('that name nothing at all', async () => {
    const folder = await good();
    folder.write('ImageSets/Segmentation/train.txt', 'nobody\n');
    folder.write('ImageSets/Segmentation/val.txt', '');
    await expect(read(folder)).rejects.toMatchObject({ code: 'SPLIT_EMPTY' });
  });

  it('no lists: everything is train, and said so', async () => {
    const folder = await vocFolder([{ name: 'a', mask: [1] }, { name: 'b', mask: [1] }], ['cat']);
    open.push(() => folder.remove());
    const dataset = await read(folder);
    expect(dataset.images.map(({ split }) => split)).toEqual(['train', 'train']);
    expect(dataset.problems).toMatchObject([{ code: 'SPLIT_EMPTY', effect: 'warning' }]);
  });
});

describe('folders that cannot be imported', () => {
  it('0 photos', async () => {
    const folder = emptyFolder();
    open.push(() => folder.remove());
    mkdirSync(join(folder.root, 'JPEGImages'));
    await expect(read(folder)).rejects.toMatchObject({ code: 'DATASET_EMPTY' });
  });

  it('photos, but none that can be used', async () => {
    const folder = emptyFolder();
    open.push(() => folder.remove());
    folder.write('JPEGImages/a.jpg', 'hello');
    folder.write('SegmentationClass/a.png', stripes([1]));
    await expect(read(folder)).rejects.toMatchObject({ code: 'DATASET_EMPTY', message: expect.stringContaining('JPEGImages/a.jpg') as string });
  });

  it('a file where a folder is expected', async () => {
    const folder = emptyFolder();
    open.push(() => folder.remove());
    folder.write('JPEGImages', 'not a folder');
    await expect(read(folder)).rejects.toMatchObject({ code: 'FILE_MISSING', message: expect.stringContaining('JPEGImages') as string });
  });

  it('another layout, or no folder', async () => {
    const folder = emptyFolder();
    open.push(() => folder.remove());
    await expect(read(folder)).rejects.toMatchObject({ code: 'DATASET_NOT_RECOGNISED' });
    await expect(readVoc({ root: join(folder.root, 'none'), tags: { kind: 'masks' } })).rejects.toMatchObject({ code: 'DATASET_ROOT_MISSING' });
  });

  it('a cancelled import', { timeout: 30_000 }, async () => {
    const abort = new AbortController();
    const running = readInProcesses(await good(), { signal: abort.signal, onProgress: () => abort.abort() });
    await expect(running).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  });

  it('a class list that names a class twice', async () => {
    const folder = await good();
    folder.write('classes.txt', 'cat\ndog\ncat\n');
    await expect(read(folder)).rejects.toMatchObject({ code: 'LIST_MALFORMED', message: expect.stringContaining('"cat" twice') as string });
  });
});

describe('classes', () => {
  it('with one photo, or none, to learn from', async () => {
    const folder = await vocFolder(
      [
        { name: 'a', split: 'train', mask: [1] },
        { name: 'b', split: 'train', mask: [1, 2] },
        { name: 'c', split: 'val', mask: [2, 3] },
      ],
      ['cat', 'dog', 'bird'],
    );
    open.push(() => folder.remove());
    const dataset = await read(folder);
    expect(about(dataset, 'classes.txt')).toMatchObject([
      { code: 'CLASS_RARE', message: expect.stringContaining('JPEGImages/b.jpg') as string },
      { code: 'CLASS_UNSEEN', message: expect.stringContaining('"bird"') as string },
    ]);
    expect(dataset.images).toHaveLength(3);
  });

  it('come from the VOC names when nothing else says, and a leading background is dropped', async () => {
    const folder = await vocFolder([{ name: 'a', split: 'train', mask: [20] }, { name: 'b', split: 'train', mask: [20] }], null);
    open.push(() => folder.remove());
    const dataset = await read(folder);
    expect(dataset.classes).toHaveLength(20);
    expect(dataset.classes[19]).toMatchObject({ index: 20, name: 'tvmonitor' });
    expect(new Set(dataset.classes.map(({ colour }) => colour.join())).size).toBe(20);
    folder.write('classes.txt', 'background\r\ncat\r\ndog\r\n');
    expect((await read(folder)).classes.map(({ name }) => name)).toEqual(['cat', 'dog']);
    expect((await read(folder, { kind: 'masks' }, { classNames: ['x'] })).classes.map(({ name }) => name)).toEqual(['x']);
  });
});

describe('hostile names', () => {
  it('are data: markup, marks of direction and 300 characters come in as they are', async () => {
    const folder = await good();
    const classNames = ['<img src=x onerror=alert(1)>', '\u202egnp.tac', 'x'.repeat(300)];
    const name = `<img src=x onerror=alert(1)>\u202e`;
    await photo().jpeg().toFile(join(folder.root, 'JPEGImages', `${name}.jpg`));
    const dataset = await read(folder, { kind: 'masks' }, { classNames });
    expect(dataset.classes.map((info) => info.name)).toEqual(classNames);
    expect(names(dataset)).toContain(name);
  });

  it('with control characters are left out, each with a word', async () => {
    const folder = await good();
    await photo().jpeg().toFile(join(folder.root, 'JPEGImages', 'two\nlines.jpg'));
    const dataset = await read(folder);
    expect(names(dataset)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(dataset.problems).toContainEqual(expect.objectContaining({ effect: 'skipped', message: expect.stringContaining('U+000A') as string }));
  });

  it.each(['cat\u0000', 'two\nlines', '\u2028', '\ud800'])('of classes with control characters are refused: %j', async (bad) => {
    await expect(read(await good(), { kind: 'masks' }, { classNames: ['a', bad, 'c'] })).rejects.toMatchObject({ code: 'LIST_MALFORMED', message: expect.stringContaining('U+') as string });
  });
});
