import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageSummary } from '#shared/contract/dataset.ts';
import type { ImportedImage } from '#shared/domain/imported.ts';
import { createProject } from '../open.ts';
import type { Project } from '../project.ts';
import type { Filter } from './image-conditions.ts';

const CLASSES = 4;
const IMAGES = 10_000;
const REVIEWS = ['unreviewed', 'accepted', 'flagged', 'skipped'] as const;

let folder: string;
let project: Project;
let everyImage: readonly ImageSummary[];

/** 10,000 rows whose properties follow from the number alone; the files behind them do not exist. */
function generated(number: number): ImportedImage {
  const file = { bytes: 1, mtimeMs: 0, sha256: '0'.repeat(64) };
  const tags = Array.from({ length: CLASSES }, (_, channel) => channel + 1).filter((index) => number % (index + 1) === 0);
  const name = `${String((number * 7919) % IMAGES).padStart(5, '0')}_photo`;
  return {
    id: `im_${String(number).padStart(16, '0')}`,
    name,
    photoPath: `JPEGImages/${name}.jpg`,
    photo: file,
    width: 40,
    height: 30,
    split: number % 11 === 0 ? null : number % 3 === 0 ? 'val' : 'train',
    tags,
    mask: number % 5 === 0 ? { path: `SegmentationClass/${name}.png`, file, classes: tags } : null,
    problem: number % 97 === 0 ? 'mask of another size' : null,
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'penumbra-facets-'));
  project = await createProject(join(folder, 'project'), { name: 'many' });
  project.storeImport({
    root: folder,
    classes: Array.from({ length: CLASSES }, (_, channel) => ({ index: channel + 1, name: `class ${channel + 1}`, colour: [channel, 0, 0] as [number, number, number] })),
    images: Array.from({ length: IMAGES }, (_, number) => generated(number)),
    supervision: [],
    problems: [],
    truthUse: null,
  });
  project.edits.write(() => {
    for (let number = 0; number < 400; number++) {
      const imageId = generated(number).id;
      project.edits.setWork(imageId, { base: null, revision: 0, conflictPixels: 0, review: REVIEWS[number % 4] ?? 'unreviewed' });
      if (number % 7 !== 0) continue;
      project.edits.append(imageId, { base: 'a'.repeat(32), tool: 'brush', at: '2026-01-01T00:00:00.000Z', diff: Buffer.of(1), tiles: 1, changed_pixels: 1, client_gesture_id: 'gesture-1' });
      if (number % 14 === 0) project.edits.setState(imageId, 1, 'undone');
    }
  });
  everyImage = project.images.list({}, 0, IMAGES).images;
});
afterAll(() => {
  project.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The filter once more, in plain code over all summaries. */
function matches(image: ImageSummary, filter: Filter): boolean {
  const same = <T>(wanted: T | undefined, found: T) => wanted === undefined || wanted === found;
  return (
    (filter.classIndex === undefined || (filter.classIndex === null ? image.tags.length === 0 : image.tags.includes(filter.classIndex))) &&
    same(filter.split, image.split) &&
    same(filter.review, image.review) &&
    same(filter.hasTruth, image.hasTruth) &&
    same(filter.edited, image.edited) &&
    same(filter.problem, image.problem !== null) &&
    image.name.toLowerCase().includes((filter.nameContains ?? '').toLowerCase())
  );
}
const countBy = (filter: Filter): number => everyImage.filter((image) => matches(image, filter)).length;

const filters: fc.Arbitrary<Filter> = fc.record(
  {
    classIndex: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: CLASSES })),
    split: fc.constantFrom(null, 'train', 'val', 'absent'),
    review: fc.constantFrom(...REVIEWS),
    hasTruth: fc.boolean(),
    edited: fc.boolean(),
    problem: fc.boolean(),
    nameContains: fc.constantFrom('', '9', '_PHOTO', '%', '12'),
  },
  { requiredKeys: [] },
);

describe('facets of 10,000 images', () => {
  it('count what choosing each value would lead to', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const facets = project.facets.count(filter);
        expect(facets.total).toBe(countBy(filter));
        for (const { classIndex, images } of facets.classes) expect(images, `class ${classIndex}`).toBe(countBy({ ...filter, classIndex }));
        expect(facets.classes).toHaveLength(CLASSES);
        expect(facets.untagged).toBe(countBy({ ...filter, classIndex: null }));
        for (const { split, images } of facets.splits) expect(images, `split ${split ?? '-'}`).toBe(countBy({ ...filter, split }));
        expect(facets.splits.map(({ split }) => split)).toEqual([null, 'train', 'val']);
        for (const { review, images } of facets.review) expect(images, review).toBe(countBy({ ...filter, review }));
        for (const field of ['hasTruth', 'edited', 'problem'] as const) {
          expect(facets[field], field).toEqual({ yes: countBy({ ...filter, [field]: true }), no: countBy({ ...filter, [field]: false }) });
        }
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  it('ids come in the order of the pages, all of them fast', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(project.images.ids(filter)).toEqual(everyImage.filter((image) => matches(image, filter)).map(({ id }) => id));
      }),
      { numRuns: 12 },
    );
    // Of the processor's time, whatever else the machine does.
    const timesMs = Array.from({ length: 5 }, () => {
      const start = process.cpuUsage();
      expect(project.images.ids({})).toHaveLength(IMAGES);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    expect(Math.min(...timesMs)).toBeLessThan(100);
  }, 60_000);

  it('statistics of classes agree with the tags', () => {
    const { classes, untagged, together } = project.facets.classStats();
    expect(untagged).toBe(countBy({ classIndex: null }));
    for (const { classIndex, images, splits } of classes) {
      expect(images).toBe(countBy({ classIndex }));
      for (const { split, images: inSplit } of splits) expect(inSplit).toBe(countBy({ classIndex, split }));
      expect(together[classIndex - 1]).toEqual(
        classes.map((other) => everyImage.filter(({ tags }) => tags.includes(classIndex) && tags.includes(other.classIndex)).length),
      );
    }
  });
});

describe('tags of many images at once', () => {
  it('are changed for all, told in the order asked', () => {
    const ids = everyImage.slice(0, 1200).map(({ id }) => id).reverse();
    const changed = project.changeTags([...ids, ids[0] ?? ''], { add: [4, 1], remove: [2, 1] });
    expect(changed.map(({ id }) => id)).toEqual(ids);
    for (const { id, tags } of changed) {
      const before = everyImage.find((image) => image.id === id)?.tags ?? [];
      expect(tags).toEqual([...new Set([...before, 4])].filter((index) => index !== 1 && index !== 2).sort());
    }
  });

  it.each([
    ['an image that is not there', ['im_0000000000000001', 'im_zzzzzzzzzzzzzzzz'], { add: [3], remove: [] }],
    ['a class that is not there', ['im_0000000000000001'], { add: [CLASSES + 1], remove: [] }],
    ['a class to remove that is not there', ['im_0000000000000001'], { add: [], remove: [254] }],
  ])('are changed for none with %s', (_what, imageIds, change) => {
    const before = project.images.summary('im_0000000000000001');
    expect(() => project.changeTags(imageIds, change)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(project.images.summary('im_0000000000000001')).toEqual(before);
  });
});

describe('names and colours of classes', () => {
  it('can swap, and leave the others alone', () => {
    project.classes.change([
      { index: 1, name: 'class 2', colour: [9, 9, 9] },
      { index: 2, name: 'class 1', colour: [8, 8, 8] },
    ]);
    expect(project.classes.all().map(({ name, colour }) => [name, colour[0]])).toEqual([['class 2', 9], ['class 1', 8], ['class 3', 2], ['class 4', 3]]);
  });

  it.each([
    ['a name that another class has', [{ index: 1, name: 'class 3', colour: [0, 0, 0] as [number, number, number] }], 'DUPLICATE_NAME'],
    ['a class twice', [1, 1].map((index, at) => ({ index, name: `n${at}`, colour: [0, 0, 0] as [number, number, number] })), 'DUPLICATE_NAME'],
    ['an index that is not there', [{ index: 9, name: 'x', colour: [0, 0, 0] as [number, number, number] }], 'NOT_FOUND'],
  ])('are refused with %s', (_what, classes, code) => {
    const before = project.classes.all();
    expect(() => project.classes.change(classes)).toThrow(expect.objectContaining({ code }));
    expect(project.classes.all()).toEqual(before);
  });
});
