import { appendFileSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SourceKind } from '#shared/domain/supervision.ts';
import type { ImportedDataset, ImportedImage } from '#shared/domain/imported.ts';
import { photo, stripes } from '../../../tests/support/voc-folder.ts';
import { checkFiles } from '../images/check/file-check.ts';
import { createProject, openProject } from './open.ts';
import type { Project } from './project.ts';

const ALL: readonly SourceKind[] = ['photos', 'tags', 'masks', 'edits', 'truth'];
const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

interface Place {
  readonly project: Project;
  /** Holds photos/ and project/. */
  readonly outer: string;
  readonly root: string;
}

/** Four photos: a and b (train) show class 1 and 2, c (val) shows 2, d is in no split. b's tags are not known. */
async function setUp(inside = false): Promise<Place> {
  const outer = mkdtempSync(join(tmpdir(), 'penumbra-snapshot-'));
  undo.push(() => rmSync(outer, { recursive: true, force: true }));
  const root = join(outer, 'photos');
  const dir = inside ? join(root, 'project') : join(outer, 'project');
  const project = await createProject(dir, { name: 'snapshot', now: () => new Date('2026-01-02T00:00:00.000Z') });
  undo.push(() => project.close());
  mkdirSync(root, { recursive: true });
  const images: ImportedImage[] = [];
  for (const [index, [name, split, tags, values]] of ([['a', 'train', [1], [0, 1]], ['b', 'train', null, [0, 2]], ['c', 'val', [2], [2, 255]], ['d', null, [1], null]] as const).entries()) {
    writeFileSync(join(root, `${name}.jpg`), await photo(24, 16, index + 1).jpeg().toBuffer());
    if (values !== null) writeFileSync(join(root, `${name}.png`), stripes(values));
    const checked = await checkFiles({ photoPath: join(root, `${name}.jpg`), maskPath: values === null ? null : join(root, `${name}.png`) });
    if (!checked.photo.ok || (checked.mask !== null && !checked.mask.ok)) throw new Error('the generated files should be sound');
    images.push({
      id: `im_${String(index).padStart(16, '0')}`,
      name,
      photoPath: `${name}.jpg`,
      photo: checked.photo.value.facts,
      width: 24,
      height: 16,
      split,
      tags,
      mask: checked.mask === null ? null : { path: `${name}.png`, file: checked.mask.value.facts, classes: checked.mask.value.values.filter((value) => value === 1 || value === 2) },
      problem: null,
    });
  }
  const dataset: ImportedDataset = {
    root,
    classes: [
      { index: 1, name: 'cat', colour: [128, 0, 0] },
      { index: 2, name: 'dog', colour: [0, 128, 0] },
    ],
    images,
    supervision: [
      { split: 'train', classIndex: null, kind: 'tags' },
      { split: 'val', classIndex: null, kind: 'tags' },
    ],
    problems: [],
    truthUse: null,
  };
  project.storeImport(dataset);
  return { project, outer, root };
}

async function granted(project: Project, reads: readonly SourceKind[] = ALL) {
  const { dataset } = await project.snapshot(reads);
  return Object.fromEntries(dataset.images.map(({ name, tags, maskPath }) => [name, `${tags?.join('') ?? '-'} ${maskPath === null ? '-' : 'mask'}`]));
}

describe('what supervision grants', () => {
  it('after import: tags of every split, masks of none, images of no split at all', async () => {
    const { project, root } = await setUp();
    expect(await granted(project)).toEqual({ a: '10 -', b: '- -', c: '01 -' });
    const { dataset } = await project.snapshot(['photos']);
    expect(dataset.images[0]).toMatchObject({ photoPath: join(root, 'a.jpg'), width: 24, height: 16, split: 'train', tags: null, maskPath: null });
  });

  it('only to a stage that says it reads it', async () => {
    const { project } = await setUp();
    project.setSupervision([{ split: 'train', classIndex: null, kind: 'masks' }]);
    expect(await granted(project, ['photos'])).toEqual({ a: '- -', b: '- -', c: '- -' });
    expect(await granted(project, ['masks'])).toEqual({ a: '- mask', b: '- mask', c: '- -' });
    const { dataset, fingerprints } = await project.snapshot(['tags']);
    expect(dataset.images.map(({ photoPath }) => photoPath)).toEqual(['', '', '']);
    expect(Object.keys(fingerprints)).toEqual(['tags']);
  });

  it('by split', async () => {
    const { project } = await setUp();
    project.setSupervision([{ split: 'train', classIndex: null, kind: 'masks' }]);
    expect(await granted(project)).toEqual({ a: '10 mask', b: '- mask', c: '- -' });
    project.setSupervision([{ split: 'train', classIndex: null, kind: 'none' }, { split: 'val', classIndex: null, kind: 'tags' }]);
    expect(await granted(project)).toEqual({ a: '- -', b: '- -', c: '01 -' });
  });

  it('by class: a mask that shows a class without masks stays in the vault, and a class without tags reads 0', async () => {
    const { project } = await setUp();
    project.setSupervision([{ split: 'train', classIndex: null, kind: 'masks' }, { split: 'train', classIndex: 2, kind: 'tags' }, { split: 'val', classIndex: 1, kind: 'tags' }]);
    expect(await granted(project)).toEqual({ a: '10 mask', b: '- -', c: '00 -' });
  });

  it('by what a mask shows now, not by what it showed at import', async () => {
    const { project, root } = await setUp();
    project.setSupervision([{ split: 'train', classIndex: 1, kind: 'masks' }, { split: 'train', classIndex: 2, kind: 'tags' }]);
    expect(await granted(project)).toMatchObject({ a: '10 mask' });
    writeFileSync(join(root, 'a.png'), stripes([1, 2]));
    expect(await granted(project)).toMatchObject({ a: '10 -' });
    // Looked at for scores in between: the change is not forgotten.
    writeFileSync(join(root, 'a.png'), stripes([1, 1]));
    await project.snapshot(['truth']);
    expect(await granted(project)).toMatchObject({ a: '10 mask' });
  });

  it('refuses splits and classes the project does not have', async () => {
    const { project } = await setUp();
    expect(() => project.setSupervision([{ split: 'test', classIndex: null, kind: 'tags' }])).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(() => project.setSupervision([{ split: 'train', classIndex: 3, kind: 'tags' }])).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(project.supervision.rules()).toHaveLength(2);
  });
});

describe('the vault', () => {
  it('logs before it hands out', async () => {
    const { project, root } = await setUp();
    const records = await project.truth('score', 'run_0123456789ab', 'table of step 7');
    expect(records).toEqual(['a', 'b', 'c'].map((name, index) => ({ imageId: `im_${String(index).padStart(16, '0')}`, maskPath: join(root, `${name}.png`) })));
    expect(project.vault.log(0, 10)).toEqual({
      total: 1,
      entries: [{ at: '2026-01-02T00:00:00.000Z', by: 'score', runId: 'run_0123456789ab', purpose: 'table of step 7', source: 'truth', images: 3, imageId: null }],
    });
  });

  it('hands nothing out that it cannot log', async () => {
    const { project } = await setUp();
    const { dir } = project;
    project.close();
    undo.pop();
    const reader = await openProject(dir, { readOnly: true });
    undo.push(() => reader.close());
    await expect(reader.truth('score', null, 'peek')).rejects.toMatchObject({ code: 'PROJECT_READ_ONLY' });
  });

  it('leaves a missing mask out', async () => {
    const { project, root } = await setUp();
    rmSync(join(root, 'b.png'));
    expect((await project.truth('score', null, 'p')).map(({ imageId }) => imageId)).toEqual(['im_0000000000000000', 'im_0000000000000002']);
  });
});

describe('fingerprints', () => {
  async function prints(project: Project): Promise<Record<string, string>> {
    return (await project.snapshot(ALL)).fingerprints;
  }

  /** Which fingerprints differ after `change`. */
  async function changed(project: Project, change: () => unknown): Promise<string[]> {
    const before = await prints(project);
    await change();
    const after = await prints(project);
    return ALL.filter((source) => before[source] !== after[source]);
  }

  it('follow what a stage could see, source by source', async () => {
    const { project, root } = await setUp();
    expect(await changed(project, () => undefined)).toEqual([]);
    expect(await changed(project, () => project.setTags('im_0000000000000001', [2]))).toEqual(['tags']);
    expect(await changed(project, async () => writeFileSync(join(root, 'a.jpg'), await photo(24, 16, 99).jpeg().toBuffer()))).toEqual(['photos']);
    expect(await changed(project, () => writeFileSync(join(root, 'c.png'), stripes([2, 1])))).toEqual(['truth']);
    expect(await changed(project, () => project.setSupervision([{ split: 'train', classIndex: null, kind: 'masks' }, { split: 'val', classIndex: null, kind: 'tags' }]))).toEqual(['masks']);
    expect(await changed(project, () => writeFileSync(join(root, 'a.png'), stripes([1, 1])))).toEqual(['masks', 'truth']);
  });

  it('do not follow the time of a file or the place of the folder', async () => {
    const { project, root, outer } = await setUp();
    expect(await changed(project, () => utimesSync(join(root, 'a.jpg'), new Date(0), new Date(0)))).toEqual([]);
    const moved = join(outer, 'moved');
    expect(
      await changed(project, async () => {
        renameSync(root, moved);
        await project.repoint(moved);
      }),
    ).toEqual([]);
  });

  it('are the same in another project of the same photos', async () => {
    const [first, second] = [await setUp(), await setUp()];
    expect(await prints(second.project)).toEqual(await prints(first.project));
  });
});

describe('photos that are not what they were', () => {
  it('missing or of another size: left out and named, the others unaffected', async () => {
    const { project, root } = await setUp();
    rmSync(join(root, 'a.jpg'));
    writeFileSync(join(root, 'c.jpg'), await photo(30, 20, 5).jpeg().toBuffer());
    const { dataset, problems } = await project.snapshot(['photos']);
    expect(dataset.images.map(({ name }) => name)).toEqual(['b']);
    expect(problems).toMatchObject([{ file: 'a.jpg', code: 'FILE_MISSING' }, { file: 'c.jpg', code: 'MASK_SIZE_MISMATCH', message: expect.stringContaining('30×20') as string }]);
  });

  it('a root that is gone is named; a project inside its photos moves with them', async () => {
    const apart = await setUp();
    renameSync(apart.root, `${apart.root}-gone`);
    await expect(apart.project.snapshot(['photos'])).rejects.toMatchObject({ code: 'DATASET_ROOT_MISSING', message: expect.stringContaining(apart.root) as string });
    expect(apart.project.info()).toMatchObject({ datasetRootFound: false });
    const nested = await setUp(true);
    nested.project.close();
    const copy = join(nested.outer, 'copy');
    cpSync(nested.root, copy, { recursive: true });
    rmSync(nested.root, { recursive: true });
    const project = await openProject(join(copy, 'project'));
    undo.push(() => project.close());
    expect(project.datasetRoot()).toEqual({ path: copy, found: true });
    expect((await project.snapshot(['photos'])).dataset.images).toHaveLength(3);
  });

  it('a new root must hold every photo with its old size, or nothing changes', async () => {
    const { project, root, outer } = await setUp();
    const moved = join(outer, 'moved');
    cpSync(root, moved, { recursive: true });
    appendFileSync(join(moved, 'b.jpg'), 'x');
    rmSync(join(moved, 'c.jpg'));
    expect(await project.repoint(moved)).toEqual({ matched: 2, missing: ['b.jpg', 'c.jpg'] });
    expect(project.datasetRoot()?.path).toBe(root);
    cpSync(root, moved, { recursive: true });
    expect(await project.repoint(moved)).toEqual({ matched: 4, missing: [] });
    expect(project.datasetRoot()?.path).toBe(moved);
    await expect(project.repoint(join(outer, 'none'))).rejects.toMatchObject({ code: 'DATASET_ROOT_MISSING' });
  });
});

describe('an import', () => {
  it('goes into an empty project alone', async () => {
    const { project, root } = await setUp();
    const again = { root, classes: [], images: [], supervision: [], problems: [], truthUse: null };
    expect(() => project.storeImport(again)).toThrow(expect.objectContaining({ code: 'PROJECT_EXISTS' }));
  });

  it('is stored whole or not at all', async () => {
    const outer = mkdtempSync(join(tmpdir(), 'penumbra-import-'));
    undo.push(() => rmSync(outer, { recursive: true, force: true }));
    const project = await createProject(join(outer, 'project'), { name: 'x' });
    undo.push(() => project.close());
    const image: ImportedImage = { id: 'im_0000000000000000', name: 'a', photoPath: 'a.jpg', photo: { bytes: 1, mtimeMs: 0, sha256: '' }, width: 1, height: 1, split: 'train', tags: [9], mask: null, problem: null };
    // A tag of a class that does not exist breaks the last statements, after images and classes are in.
    const broken = { root: outer, classes: [{ index: 1, name: 'cat', colour: [1, 2, 3] as [number, number, number] }], images: [image], supervision: [], problems: [], truthUse: null };
    expect(() => project.storeImport(broken)).toThrow(/FOREIGN KEY/);
    expect(project.info()).toMatchObject({ classes: [], datasetRoot: null, counts: { images: 0 } });
    project.storeImport({ ...broken, images: [{ ...image, tags: [1] }] });
    expect(project.images.list({ classIndex: 1 }, 0, 10)).toMatchObject({ total: 1, images: [{ name: 'a', tags: [1] }] });
  });
});
