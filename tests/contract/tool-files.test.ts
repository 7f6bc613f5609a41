import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeNpy, type NpyArray } from '#shared/formats/npy.ts';
import { decodeNpz } from '#shared/formats/npz.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { decodePhoto } from '#main/images/photo.ts';
import { toolNamed, TOOLS } from '#main/tools/index.ts';
import { runToolTask } from '#main/tools/tool-task.ts';
import { settingsIn, TOOL_RUNS, writeNpy, writeNpz, writeToolFiles } from '../support/tool-files.ts';
import { runCli } from '../support/processes.ts';

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-tool-files-'));
  await writeToolFiles(folder);
});
afterAll(() => rm(folder, { recursive: true }));

function run(tool: string, file: string, target: string | null, settings: Readonly<Record<string, string>> = {}, cancelled = new SharedArrayBuffer(4)) {
  return runToolTask({ tool, file: at(file), target: target === null ? null : at(target), settings: settingsIn(folder, settings), cancelled });
}

async function npz(name: string): Promise<ReadonlyMap<string, NpyArray>> {
  return decodeNpz(await readFile(at(name)), name, 2 ** 30);
}

describe('a file of', () => {
  const kinds = TOOLS.flatMap((tool) => tool.endings.map((ending) => [tool.name, ending] as const)).filter(([tool, ending]) => tool !== 'rle' || ending === '.json');

  test('each tool is tried', () => {
    expect(Object.keys(TOOL_RUNS)).toEqual(TOOLS.map(({ name }) => name));
  });

  test.each(kinds)('%s is written as %s, and can be read', async (tool, ending) => {
    const { file, settings } = TOOL_RUNS[tool] ?? { file: '' };
    const target = `${tool}${ending}`;
    await run(tool, file, target, settings);
    const bytes = await readFile(at(target));
    if (ending === '.npy') expect(decodeNpy(bytes, target).data.length).toBeGreaterThan(0);
    else if (ending === '.npz') expect((await npz(target)).size).toBeGreaterThan(0);
    else if (ending === '.json') expect(JSON.parse(bytes.toString('utf8'))).toBeTruthy();
    else expect((await decodePhoto(at(target))).data.length).toBeGreaterThan(0);
  });

  test('a class is never a JPEG, and what cannot be written is refused before the file is looked at', async () => {
    for (const tool of ['crf', 'vote', 'morph', 'wand', 'boundary', 'canny', 'components', 'walk', 'palette']) {
      await expect(run(tool, 'away.png', 'x.jpg', TOOL_RUNS[tool]?.settings)).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('as JPEG would change what its pixels say') as string });
    }
    await expect(run('resize', 'away.png', 'x.jpeg', { width: '3', height: '3', kind: 'labels' })).rejects.toThrow('JPEG would change');
    await expect(run('slic', 'away.png', 'x.tiff')).rejects.toThrow('x.tiff ends with ".tiff"; slic of away.png is written as .npy, .npz, .png or .jpg.');
    await expect(run('boundary', 'labels.png', 'x.json')).rejects.toThrow('boundary of labels.png is written as .png, .npy or .npz');
    await expect(run('rle', 'labels.png', 'x.png')).rejects.toThrow('rle of labels.png is written as .json.');
  });

  test('resize as .jpeg is a JPEG near the picture', async () => {
    await run('resize', 'photo.png', 'half.jpeg', { width: '20', height: '15' });
    await run('resize', 'photo.png', 'half.png', { width: '20', height: '15' });
    expect([...(await readFile(at('half.jpeg'))).subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    const [jpeg, png] = await Promise.all([decodePhoto(at('half.jpeg')), decodePhoto(at('half.png'))]);
    expect(Math.max(...jpeg.data.map((value, index) => Math.abs(value - (png.data[index] ?? 0))))).toBeLessThan(16);
  });
});

describe('an .npz of several arrays', () => {
  const plane = (value: number) => ({ dtype: 'float32', shape: [1, 2, 3], data: new Float32Array(6).fill(value) }) as const;

  test('gives the one that is named, or the usual one', async () => {
    await writeNpz(at('two.npz'), { cam: plane(0.25), other: plane(0.5) });
    await expect(run('resize', 'two.npz', null, { kind: 'scores', width: '2', height: '2' })).rejects.toThrow('two.npz holds cam, other; expected "scores", or one array.');
    await expect(run('resize', 'two.npz:away', null, { kind: 'scores', width: '2', height: '2' })).rejects.toThrow('two.npz holds cam, other; expected "away".');
    await run('resize', 'two.npz:cam', 'small.npy', { kind: 'scores', width: '2', height: '2' });
    expect([...decodeNpy(await readFile(at('small.npy')), 'small.npy').data]).toEqual([0.25, 0.25, 0.25, 0.25]);
    await writeNpz(at('usual.npz'), { cam: plane(0.25), scores: plane(0.75) });
    await run('resize', 'usual.npz', 'usual.npy', { kind: 'scores', width: '1', height: '1' });
    expect([...decodeNpy(await readFile(at('usual.npy')), 'usual.npy').data]).toEqual([0.75]);
  });

  test('of a folder, by "folder:name"', async () => {
    await writeNpz(at('photo.npz'), { cam: { dtype: 'float32', shape: [2, 30, 40], data: new Float32Array(2400).fill(0.5) }, other: plane(1) });
    const answer = await runToolTask({ tool: 'crf', file: at('photo.png'), target: null, settings: { scores: `${folder}:cam` }, cancelled: new SharedArrayBuffer(4) }).catch((thrown: unknown) => thrown);
    // photo.npy is looked for first, and is not there.
    expect(answer).toMatchObject({ facts: { labels: [0, 1] } });
  });

  test('comes out of one tool and goes into the next', async () => {
    await run('slic', 'photo.png', 'regions.npz', { segments: '20' });
    expect(await run('adjacency', 'regions.npz', null)).toMatchObject({ facts: { pairs: expect.any(Number) as number } });
    await run('crf', 'photo.png', 'both.npz', { labels: 'labels.png', iterations: '2' });
    expect([...(await npz('both.npz')).keys()]).toEqual(['scores', 'labels', 'label_ids']);
    await run('palette', 'both.npz', 'best.png');
    expect(new Set((await readLabelPng(at('best.png'))).data)).toEqual(new Set([0, 7]));
    await run('resize', 'photo.png', 'picture.npy', { width: '40', height: '30' });
    expect(await run('canny', 'picture.npy', null)).toMatchObject({ facts: { width: 40, height: 30 } });
  });
});

describe('labels above 255', () => {
  const count = 300;
  const ids = Int32Array.from({ length: 1200 }, (_, pixel) => (pixel % count) * 1000);

  beforeAll(async () => {
    await writeNpy(at('many.npy'), { dtype: 'int32', shape: [30, 40], data: ids });
    await writeNpy(at('many-scores.npy'), { dtype: 'float32', shape: [count, 30, 40], data: Float32Array.from({ length: count * 1200 }, (_, index) => (index % 1200 === Math.floor(index / 1200) ? 0.9 : 0.1)) });
  });

  test('crf and walk give scores and numbers of them', async () => {
    await run('crf', 'photo.png', 'many-crf.npz', { labels: 'many.npy', iterations: '0' });
    const refined = (await npz('many-crf.npz')).get('labels');
    expect(refined).toMatchObject({ dtype: 'int32', shape: [30, 40] });
    expect([...(refined?.data ?? [])]).toEqual([...ids]);
    await run('crf', 'photo.png', 'many-crf.npy', { scores: 'many-scores.npy', iterations: '1' });
    expect(decodeNpy(await readFile(at('many-crf.npy')), 'x').shape).toEqual([count, 30, 40]);
    await run('walk', 'edges.npy', 'many-walk.npz', { scores: 'many-scores.npy', doublings: '0', radius: '1' });
    expect((await npz('many-walk.npz')).get('labels')?.data[299]).toBe(299);
  });

  test.each([
    ['crf', 'photo.png', { labels: 'many.npy' }, 'many.npy holds the label 1000; a palette PNG holds labels from 0 to 255.'],
    ['crf', 'photo.png', { scores: 'many-scores.npy' }, 'many-scores.npy holds 300 planes; a palette PNG holds labels from 0 to 255.'],
    ['walk', 'edges.npy', { scores: 'many-scores.npy' }, 'many-scores.npy holds 300 planes'],
    ['vote', 'photo.png', { labels: 'many.npy' }, 'holds the label 1000'],
    ['resize', 'many.npy', { kind: 'labels', width: '3', height: '3' }, 'holds the label 1000'],
    ['palette', 'many.npy', {}, 'holds the label 1000'],
  ])('%s does not begin on what no PNG holds', async (tool, file, settings, message) => {
    await expect(run(tool, file, 'many.png', settings)).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining(message) as string });
    await expect(readFile(at('many.png'))).rejects.toThrow();
  });

  test('are resized and voted on as they are', async () => {
    await run('resize', 'many.npy', 'few.npy', { kind: 'labels', width: '20', height: '15' });
    expect(decodeNpy(await readFile(at('few.npy')), 'x').data.every((label) => label % 1000 === 0)).toBe(true);
    await run('vote', 'photo.png', 'voted.npy', { labels: 'many.npy', segments: '20' });
    expect(decodeNpy(await readFile(at('voted.npy')), 'x').data.every((label) => label % 1000 === 0)).toBe(true);
  });
});

describe('told to stop', () => {
  const midway = TOOLS.map(({ name }) => name).filter((name) => name !== 'palette'); // counts numbers, and is done at once

  test.each(midway)('midway, %s ends', async (tool) => {
    const { file, settings } = TOOL_RUNS[tool] ?? { file: '' };
    const which = toolNamed(tool);
    let asked = 0;
    const stopped = which.run(at(file), which.settings.parse(settingsIn(folder, settings)), { isCancelled: () => ++asked > 1 }, null);
    await expect(stopped).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    expect(asked).toBe(2);
  });

  test.each(TOOLS.map(({ name }) => name))('%s leaves no file', async (tool) => {
    const { file, settings } = TOOL_RUNS[tool] ?? { file: '' };
    const cancelled = new SharedArrayBuffer(4);
    const before = await readdir(folder);
    const work = run(tool, file, `stopped${toolNamed(tool).endings[0] ?? ''}`, settings, cancelled);
    // The tool is under way, or about to be: all of its work comes after a file has been read.
    new Int32Array(cancelled)[0] = 1;
    await expect(work).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    expect(await readdir(folder)).toEqual(before);
  });
});

describe('the command line', () => {
  test('refuses an ending before it computes, and writes the others of a folder by --as', async () => {
    const wrong = await runCli(['tool', 'slic', at('away.png'), '--out', at('x.gif')]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('x.gif ends with ".gif"') as string });
    const { code } = await runCli(['tool', 'slic', at('photo.png'), '--segments', '9', '--out', at('pictures'), '--as', 'jpg']);
    expect({ code, files: await readdir(at('pictures')) }).toEqual({ code: 0, files: ['photo.jpg'] });
  });

  test('does not write over what it reads', async () => {
    const before = await readFile(at('labels.png'));
    for (const out of [at('labels.png'), folder]) {
      const { code, stderr } = await runCli(['tool', 'morph', at('labels.png'), '--label', '7', '--out', out]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('labels.png is there and may be what is read') as string });
    }
    expect(Buffer.compare(await readFile(at('labels.png')), before)).toBe(0);
  });

  test('looks at the folder of --out before it computes', async () => {
    // No photo at all: read first, that would be what is refused.
    await writeFile(at('no-photo.png'), 'text');
    const nowhere = await runCli(['tool', 'slic', at('no-photo.png'), '--out', at('nowhere/x.png')]);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining(`There is no folder ${at('nowhere')} to write x.png into.`) as string });
    const inFile = await runCli(['tool', 'slic', at('no-photo.png'), '--out', at('photo.png/x.png')]);
    expect(inFile).toMatchObject({ code: 1, stderr: expect.stringContaining(`${at('photo.png')} is no folder`) as string });
  });

  test('looks for all files before it makes a folder, and takes back one that stayed empty', async () => {
    const before = await readdir(folder);
    const missing = await runCli(['tool', 'slic', at('photo.png'), at('away.png'), '--out', at('new/er')]);
    expect(missing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`There is no ${at('away.png')}.`) as string });
    const isFolder = await runCli(['tool', 'slic', folder, '--out', at('new/er')]);
    expect(isFolder).toMatchObject({ code: 1, stderr: expect.stringContaining(`${folder} is a folder; expected a file.`) as string });
    const unreadable = await runCli(['tool', 'slic', at('no-photo.png'), '--out', at('new/er')]);
    expect(unreadable).toMatchObject({ code: 1, stderr: expect.stringContaining('no-photo.png cannot be read as a photo') as string });
    expect(await readdir(folder)).toEqual(before);
  });

  test('prints the beginning of a long list, and gives all of it by --json', async () => {
    await writeNpy(at('long.npy'), { dtype: 'int32', shape: [15, 20], data: Int32Array.from({ length: 300 }, (_, pixel) => pixel) });
    expect((await runCli(['tool', 'palette', at('long.npy')])).stdout).toContain('22,23,"… 300 in all"]');
    expect((await runCli(['tool', 'palette', at('long.npy'), '--json'])).stdout).toContain('298,299]');
  });
});
