import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '#shared/formats/npy.ts';
import { encodeLabelPng, readLabelPng } from '#main/images/palette-png.ts';
import { decodePhoto } from '#main/images/photo.ts';
import { encodeRgbPng } from '#main/images/rgb-files.ts';
import { TOOLS } from '#main/tools/index.ts';
import { runToolTask } from '#main/tools/tool-task.ts';
import { createProgram } from '#main/cli/program.ts';
import { jsonLines, runCli } from '../support/processes.ts';

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-tool-'));
  const rgb = Uint8Array.from({ length: 40 * 30 * 3 }, (_, index) => (Math.floor(index / 3) % 40 < 17 ? 40 : 200) + (index % 7));
  for (const name of ['a.png', 'b.png']) await writeFile(at(name), await encodeRgbPng({ width: 40, height: 30, rgb }));
  const labels = { width: 40, height: 30, data: Uint8Array.from({ length: 1200 }, (_, pixel) => (pixel % 40 < 20 ? 7 : 0)) };
  await writeFile(at('labels.png'), encodeLabelPng(labels));
  const edges = Float32Array.from({ length: 1200 }, (_, pixel) => (pixel % 40 === 17 ? 1 : 0));
  await writeFile(at('edges.npy'), encodeNpy({ dtype: 'float32', shape: [30, 40], data: edges }));
  await writeFile(at('scores.npy'), encodeNpy({ dtype: 'float32', shape: [2, 30, 40], data: Float32Array.from({ length: 2400 }, (_, index) => (index % 40) / 40) }));
  await writeFile(at('whole.npy'), encodeNpy({ dtype: 'int32', shape: [30, 40], data: new Int32Array(1200) }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('penumbra tool', () => {
  test('lists its tools, each with an example, its settings and their defaults', () => {
    const tool = createProgram('0').commands.find((command) => command.name() === 'tool');
    expect(tool?.commands.map((command) => command.name())).toEqual(TOOLS.map(({ name }) => name));
    const slic = tool?.commands.find((command) => command.name() === 'slic')?.helpInformation();
    expect(slic).toMatch(/--segments <value> +about how many \(default: 1000\)/);
  });

  test('crf moves a border to the photo’s, and writes class ids', async () => {
    const { code, stdout } = await runCli(['tool', 'crf', at('a.png'), '--labels', at('labels.png'), '--out', at('refined.png')]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('labels [0,7]') as string });
    const { data } = await readLabelPng(at('refined.png'));
    expect([data[10 * 40 + 16], data[10 * 40 + 18]]).toEqual([7, 0]);
  });

  test('several files go into a folder, in threads; --json gives one result', async () => {
    const { code, stdout } = await runCli(['tool', 'slic', at('a.png'), at('b.png'), '--segments', '30', '--out', at('many'), '--threads', '2', '--json']);
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([{ type: 'result', value: [{ file: at('a.png') }, { file: at('b.png') }] }]);
    expect((await readdir(at('many'))).sort()).toEqual(['a.npy', 'b.npy']);
    const array = decodeNpy(await readFile(at('many/a.npy')), 'a.npy');
    expect([array.dtype, ...array.shape]).toEqual(['int32', 30, 40]);
  });

  test('a setting that makes no sense ends with 2, a file that cannot be used with 1, and nothing is written', async () => {
    const senseless = await runCli(['tool', 'slic', at('a.png'), '--compactness', 'much']);
    expect(senseless).toMatchObject({ code: 2, stderr: expect.stringContaining('--compactness is "much"; expected a number from 0.') as string });
    const before = await readdir(folder);
    const wrong = await runCli(['tool', 'walk', at('whole.npy'), '--scores', at('scores.npy'), '--out', at('walked.npy')]);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('is int32 of shape (30, 40); expected floats of three axes') as string });
    const several = await runCli(['tool', 'slic', at('a.png'), at('b.png'), '--out', at('both.npy')]);
    expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining('both.npy names one file for 2') as string });
    expect(await readdir(folder)).toEqual(before);
  });
});

describe('a tool', () => {
  const run = (tool: string, file: string, target: string | null, settings: Record<string, unknown>, cancelled = new SharedArrayBuffer(4)) =>
    runToolTask({ tool, file: at(file), target: target === null ? null : at(target), settings, cancelled });

  test.each([
    ['quickshift', 'a.png', 'quickshift.npy', {}],
    ['quickshift', 'a.png', 'quickshift.png', {}],
    ['vote', 'a.png', 'vote.png', { labels: 'labels.png' }],
    ['canny', 'a.png', 'canny.png', { blur: 'yes' }],
    ['components', 'labels.png', 'components.json', { connectivity: '4' }],
    ['contour', 'labels.png', 'contour.json', { label: '7' }],
    ['contour', 'labels.png', 'contour.png', {}],
    ['distance', 'labels.png', 'distance.png', {}],
    ['morph', 'labels.png', 'morph.png', { label: '7', kind: 'close' }],
    ['distance', 'labels.png', 'distance.npy', {}],
    ['walk', 'edges.npy', 'walk.npy', { scores: 'scores.npy', doublings: '3' }],
    ['walk', 'edges.npy', 'walk.png', { scores: 'scores.npy', boundary: 'labels.png', stage: '2', doublings: '3' }],
    ['livewire', 'a.png', 'wire.png', { from: '3,4', to: '30,20' }],
    ['wand', 'a.png', 'wand.png', { at: '3,4', tolerance: '12', contiguous: 'no' }],
    ['boundary', 'labels.png', 'boundary.json', { truth: 'labels.png' }],
    ['resize', 'labels.png', 'small.png', { width: '20', height: '15', kind: 'labels' }],
    ['resize', 'a.png', 'half.png', { width: '20', height: '15', kind: 'opencv-bilinear' }],
    ['rle', 'labels.png', 'coco.json', { format: 'coco' }],
    ['rle', 'labels.png', 'cvat.json', { format: 'cvat' }],
    ['rle', 'labels.png', 'studio.json', { format: 'label-studio' }],
  ])('%s of %s writes %s', async (tool, file, target, settings) => {
    const paths = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, /\.(png|npy)$/.test(value) ? at(value) : value]));
    await run(tool, file, target, paths);
    expect((await readFile(at(target))).length).toBeGreaterThan(20);
  });

  test.each([
    ['livewire', { from: '3,4' }, 'No --from and --to are given'],
    ['wand', {}, 'No --at is given'],
    ['morph', {}, 'No --label is given'],
    ['resize', { width: '9' }, 'No --width and --height are given'],
    ['crf', {}, 'Either --labels or --scores is needed'],
    ['walk', {}, 'No --scores are given'],
  ])('%s says what it needs', async (tool, settings, message) => {
    await expect(run(tool, tool === 'morph' ? 'labels.png' : 'a.png', null, settings)).rejects.toThrow(message);
  });

  test.each([
    ['crf', 'a.png', { labels: 'other.png' }],
    ['vote', 'a.png', { labels: 'other.png' }],
    ['quickshift', 'a.png', { noise: 'other.npy' }],
    ['walk', 'edges.npy', { scores: 'other.npy' }],
    ['boundary', 'labels.png', { truth: 'other.png' }],
  ])('%s refuses what is of another size, as a mistake of the user', async (tool, file, settings) => {
    await writeFile(at('other.png'), encodeLabelPng({ width: 8, height: 6, data: new Uint8Array(48) }));
    await writeFile(at('other.npy'), encodeNpy({ dtype: 'float32', shape: [6, 8], data: new Float32Array(48) }));
    const paths = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, at(value)]));
    await expect(run(tool, file, null, paths)).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringMatching(/8.*40|40.*8|48/) as string });
  });

  test.each([
    ['livewire', 'a.png', { from: '3,4', to: '40,20' }, 'the end is (40, 20); expected a pixel of 40×30'],
    ['quickshift', 'a.png', { noise: 'turned.npy' }, 'the noise is 30×40 px, the photo 40×30'],
    ['walk', 'scores.npy', { scores: 'scores.npy' }, 'scores.npy holds 2 planes; expected edges of one'],
  ])('%s refuses what would give a wrong result without a word', async (tool, file, settings, message) => {
    await writeFile(at('turned.npy'), encodeNpy({ dtype: 'float32', shape: [40, 30], data: new Float32Array(1200) }));
    const paths = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, value.endsWith('.npy') ? at(value) : value]));
    await expect(run(tool, file, null, paths)).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining(message) as string });
  });

  test.each(['slic', 'components'])('%s of a file that is not there says so', async (tool) => {
    await expect(run(tool, 'away.png', null, {})).rejects.toMatchObject({ code: 'FILE_MISSING', message: `There is no ${at('away.png')}.` });
  });

  test('run lengths of each format become the mask they came from', async () => {
    const expected = (await readLabelPng(at('labels.png'))).data.map((label) => (label === 0 ? 0 : 1));
    for (const format of ['coco', 'cvat', 'label-studio']) {
      await run('rle', 'labels.png', 'code.json', { format });
      await run('rle', 'code.json', 'mask.png', {});
      expect(Buffer.compare((await readLabelPng(at('mask.png'))).data, expected)).toBe(0);
    }
    await writeFile(at('broken.json'), '{"format": "coco", "size": [3]}');
    await expect(run('rle', 'broken.json', 'mask.png', {})).rejects.toThrow('broken.json has the size [3] beside its counts; expected [height, width].');
  });

  test('resizing labels makes no label up; a photo becomes the picture that it shows', async () => {
    await run('resize', 'labels.png', 'seven.png', { width: '13', height: '9', kind: 'labels' });
    expect(new Set((await readLabelPng(at('seven.png'))).data)).toEqual(new Set([7, 0]));
    await run('resize', 'a.png', 'larger.png', { width: '80', height: '60' });
    expect(await decodePhoto(at('larger.png'))).toMatchObject({ width: 80, height: 60 });
  });

  test('that is told to stop leaves nothing behind', async () => {
    const cancelled = new SharedArrayBuffer(4);
    new Int32Array(cancelled)[0] = 1;
    const before = await readdir(folder);
    for (const tool of ['crf', 'slic', 'quickshift', 'canny']) {
      const settings = tool === 'crf' ? { labels: at('labels.png') } : {};
      await expect(run(tool, 'a.png', 'stopped.npy', settings, cancelled)).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    }
    expect(await readdir(folder)).toEqual(before);
  });
});
