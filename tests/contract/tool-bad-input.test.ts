import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PenumbraError } from '#shared/errors.ts';
import { encodeNpy, encodeNpyHeader } from '#shared/formats/npy.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { encodeRgbPng } from '#main/images/rgb-files.ts';
import { toolNamed, TOOLS } from '#main/tools/index.ts';
import { runToolTask } from '#main/tools/tool-task.ts';
import { runCli } from '../support/processes.ts';
import { settingsIn, TOOL_RUNS, writeNpy, writeNpz, writeToolFiles } from '../support/tool-files.ts';

const [width, height] = [40, 30];
const pixels = width * height;
let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-tool-bad-'));
  await writeToolFiles(folder);
  const whole = await readFile(at('photo.png'));
  await writeFile(at('cut.png'), whole.subarray(0, whole.length - 200));
  await writeFile(at('text.png'), 'no picture at all');
  await sharp(Uint16Array.from({ length: pixels }, (_, pixel) => pixel * 9), { raw: { width, height, channels: 1 } }).toColourspace('grey16').png().toFile(at('deep.png'));
  const npy = (name: string, descr: string, shape: readonly number[], bytes: number) => writeFile(at(name), Buffer.concat([encodeNpyHeader(descr, shape), new Uint8Array(bytes)]));
  await npy('double-labels.npy', '<f8', [height, width], pixels * 8);
  await npy('words.npy', '<U4', [height, width], pixels * 16);
  await npy('cut.npy', '<f4', [2, height, width], pixels * 8 - 5);
  await npy('cut-labels.npy', '<i4', [height, width], pixels * 4 - 5);
  const large = BigInt64Array.from({ length: pixels }, (_, pixel) => (pixel === 85 ? 2n ** 40n : 0n));
  await writeFile(at('large.npy'), Buffer.concat([encodeNpyHeader('<i8', [height, width]), new Uint8Array(large.buffer)]));
  const fortran = Buffer.from(encodeNpy({ dtype: 'float32', shape: [height, width], data: new Float32Array(pixels) })).toString('latin1');
  await writeFile(at('fortran.npy'), fortran.replace('False', 'True').replace(' \n', '  \n'), 'latin1');
  const floats = (count: number, special?: number) => Float32Array.from({ length: count * pixels }, (_, index) => (index === 85 && special !== undefined ? special : (index % 97) / 97));
  await writeNpy(at('floats.npy'), { dtype: 'float32', shape: [height, width, 3], data: floats(3) });
  await writeNpy(at('cube.npy'), { dtype: 'int32', shape: [2, height, width], data: new Int32Array(2 * pixels) });
  await writeNpy(at('line.npy'), { dtype: 'uint8', shape: [pixels], data: new Uint8Array(pixels) });
  await writeNpy(at('four.npy'), { dtype: 'float32', shape: [1, 2, height, width], data: floats(2) });
  await writeNpy(at('small.npy'), { dtype: 'float32', shape: [1, 7, 9], data: new Float32Array(63) });
  await writeFile(at('small.png'), encodeLabelPng({ width: 9, height: 7, data: new Uint8Array(63) }));
  for (const [name, value] of [['nan.npy', NaN], ['infinite.npy', Infinity], ['minus-infinite.npy', -Infinity]] as const) await writeNpy(at(name), { dtype: 'float32', shape: [1, height, width], data: floats(1, value) });
  await writeNpy(at('beyond.npy'), { dtype: 'float32', shape: [height, width], data: floats(1, 1.5) });
  await writeNpz(at('several.npz'), { a: { dtype: 'float32', shape: [1, height, width], data: floats(1) }, b: { dtype: 'float32', shape: [1, height, width], data: floats(1) } });
});
afterAll(() => rm(folder, { recursive: true }));

type Kind = 'photo' | 'labels' | 'scores' | 'edges';
type Case = readonly [bad: string, code: string, message: RegExp];

/** What each kind of file may be that it should not be. */
const BAD: Readonly<Record<Kind, readonly Case[]>> = {
  photo: [
    ['away.png', 'FILE_MISSING', /There is no .*away\.png/],
    ['text.png', 'IMAGE_UNREADABLE', /text\.png cannot be read as a photo/],
    ['cut.png', 'IMAGE_TRUNCATED', /cut\.png ends early or is damaged/],
    ['floats.npy', 'BAD_REQUEST', /floats\.npy is float32 of shape \(30, 40, 3\); expected uint8 of three axes/],
    ['line.npy', 'BAD_REQUEST', /line\.npy is uint8 of shape \(1200\); expected uint8 of three axes/],
  ],
  labels: [
    ['away.npy', 'FILE_MISSING', /There is no .*away\.npy/],
    ['text.png', 'IMAGE_UNREADABLE', /text\.png/],
    ['cut.png', 'IMAGE_TRUNCATED', /cut\.png/],
    ['photo.png', 'MASK_UNKNOWN_COLOUR', /photo\.png: colour \(\d+, \d+, \d+\) at pixel \(0, 0\) is the colour of no class/],
    ['deep.png', 'IMAGE_UNSUPPORTED', /deep\.png is a PNG of 16 bits a channel; expected 8 or fewer/],
    ['double-labels.npy', 'BAD_REQUEST', /double-labels\.npy is float64 of shape \(30, 40\); expected whole numbers of two axes/],
    ['cube.npy', 'BAD_REQUEST', /cube\.npy is int32 of shape \(2, 30, 40\); expected whole numbers of two axes/],
    ['large.npy', 'BAD_REQUEST', /large\.npy holds 1099511627776 as element 85; expected what fits int32/],
    ['cut-labels.npy', 'BAD_REQUEST', /cut-labels\.npy holds 4795 bytes of data; expected 4800 for int32 of shape \(30, 40\)/],
    ['words.npy', 'BAD_REQUEST', /words\.npy is of type "<U4"/],
  ],
  scores: [
    ['away.npy', 'FILE_MISSING', /There is no .*away\.npy/],
    ['photo.png', 'BAD_REQUEST', /photo\.png is no \.npy or \.npz file/],
    ['cube.npy', 'BAD_REQUEST', /cube\.npy is int32 of shape \(2, 30, 40\); expected floats of three axes/],
    ['four.npy', 'BAD_REQUEST', /four\.npy is float32 of shape \(1, 2, 30, 40\); expected floats of three axes/],
    ['cut.npy', 'BAD_REQUEST', /cut\.npy holds 9595 bytes of data; expected 9600 for float32 of shape \(2, 30, 40\)/],
    ['fortran.npy', 'BAD_REQUEST', /fortran\.npy is in Fortran order; expected C order/],
    ['several.npz', 'BAD_REQUEST', /several\.npz holds a, b; expected "scores", or one array/],
    ['nan.npy', 'BAD_REQUEST', /(is|holds) NaN/],
    ['infinite.npy', 'BAD_REQUEST', /(is|holds) Infinity/],
    ['minus-infinite.npy', 'BAD_REQUEST', /(is|holds) -Infinity/],
  ],
  edges: [
    ['cube.npy', 'BAD_REQUEST', /cube\.npy is int32/],
    ['scores.npy', 'BAD_REQUEST', /scores\.npy holds 2 planes; expected edges of one/],
    ['nan.npy', 'BAD_REQUEST', /edge 85 is NaN; expected a number from 0 to 1/],
    ['beyond.npy', 'BAD_REQUEST', /edge 85 is 1\.5; expected a number from 0 to 1/],
  ],
};

/** Which file, or setting, of a tool holds what. */
const PLACES: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  crf: { file: 'photo', labels: 'labels', scores: 'scores' },
  slic: { file: 'photo' },
  quickshift: { file: 'photo', noise: 'scores' },
  adjacency: { file: 'labels' },
  vote: { file: 'photo', labels: 'labels' },
  canny: { file: 'photo' },
  sobel: { file: 'photo' },
  blur: { file: 'photo' },
  grey: { file: 'photo' },
  lab: { file: 'photo' },
  resize: { file: 'photo' },
  components: { file: 'labels' },
  contour: { file: 'labels' },
  box: { file: 'scores' },
  'perimeter-fit': { file: 'labels', scores: 'scores' },
  morph: { file: 'labels' },
  distance: { file: 'labels' },
  affinity: { file: 'edges' },
  walk: { file: 'edges', scores: 'scores', boundary: 'labels' },
  livewire: { file: 'photo' },
  wand: { file: 'photo' },
  boundary: { file: 'labels', truth: 'labels' },
  palette: { file: 'labels' },
  rle: { file: 'labels' },
};

const CASES = TOOLS.flatMap(({ name }) => Object.entries(PLACES[name] ?? {}).flatMap(([place, kind]) => BAD[kind].map(([bad, code, message]) => ({ tool: name, place, bad, code, message }))));

/** The run of a tool with one of its files exchanged. */
function withBad(tool: string, place: string, bad: string): { file: string; settings: Record<string, string> } {
  const { file, settings = {} } = TOOL_RUNS[tool] ?? { file: '' };
  // Bad scores are one plane, and a CRF takes labels or scores.
  if (place === 'file') return { file: at(bad), settings: settingsIn(folder, without(settings, 'plane')) };
  return { file: at(file), settings: { ...settingsIn(folder, without(settings, tool === 'crf' && place === 'scores' ? 'labels' : 'plane')), [place]: at(bad) } };
}

function without(settings: Readonly<Record<string, string>>, left: string): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => key !== left));
}

describe('a file that cannot be used is refused by name, with a way out, and nothing is written', () => {
  test('of every tool', () => {
    expect(Object.keys(PLACES)).toEqual(TOOLS.map(({ name }) => name));
  });

  test.each(CASES)('$tool $place: $bad', async ({ tool, place, bad, code, message }) => {
    const before = await readdir(folder);
    const target = at(`result${toolNamed(tool).endings[0] ?? ''}`);
    const { file, settings } = withBad(tool, place, bad);
    const work = runToolTask({ tool, file, target, settings, cancelled: new SharedArrayBuffer(4) });
    const thrown: unknown = await work.then(() => 'no error', (error: unknown) => error);
    expect(thrown).toBeInstanceOf(PenumbraError);
    expect(thrown).toMatchObject({ code, message: expect.stringMatching(message) as string, remedy: expect.stringMatching(/.{10}/) as string });
    expect(await readdir(folder)).toEqual(before);
  });

  // The way from an error to the exit code is one for all tools.
  test.each(CASES.filter((_, index) => index % 37 === 0))('on the command line, $tool $place: $bad ends with 1', async ({ tool, place, bad, message }) => {
    const { file, settings } = withBad(tool, place, bad);
    const options = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]);
    const { code, stdout, stderr } = await runCli(['tool', tool, file, ...options, '--out', at(`never${toolNamed(tool).endings[0] ?? ''}`)]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /); // no stack
    expect((await readdir(folder)).filter((name) => name.includes('never'))).toEqual([]);
  });
});

const one = { dtype: 'uint8', shape: [1, 1, 3], data: Uint8Array.of(9, 80, 200) } as const;
const none = { dtype: 'uint8', shape: [0, 5, 3], data: new Uint8Array(0) } as const;

describe('what is unusual and sound', () => {
  beforeAll(async () => {
    const plane = (shape: readonly number[], value: number) => ({ dtype: 'float32', shape, data: new Float32Array(shape.reduce((product, side) => product * side, 1)).fill(value) }) as const;
    await writeNpy(at('photo-1x1.npy'), one);
    await writeNpy(at('photo-0x5.npy'), none);
    for (const [name, rows, columns] of [['1x1', 1, 1], ['0x5', 0, 5]] as const) {
      await writeNpy(at(`labels-${name}.npy`), { dtype: 'int32', shape: [rows, columns], data: new Int32Array(rows * columns).fill(7) });
      await writeNpy(at(`edges-${name}.npy`), plane([rows, columns], 0.5));
      await writeNpy(at(`scores-${name}.npy`), plane([2, rows, columns], 0.5));
    }
    const every = Uint8Array.from({ length: pixels }, (_, pixel) => pixel % 256);
    await writeFile(at('labels-256.png'), encodeLabelPng({ width, height, data: every }));
    await writeFile(at('labels-one.png'), encodeLabelPng({ width, height, data: new Uint8Array(pixels).fill(3) }));
    await writeNpy(at('labels-gaps.npy'), { dtype: 'int32', shape: [height, width], data: Int32Array.from({ length: pixels }, (_, pixel) => [-5, 0, 1_000_000][pixel % 3] ?? 0) });
    await writeNpy(at('scores-zero.npy'), plane([2, height, width], 0));
    await writeFile(at('photo-1x1.png'), await encodeRgbPng({ width: 1, height: 1, rgb: Uint8Array.of(1, 2, 3) }));
  });

  /** The run of a tool with all its files of that size or kind. */
  function runOf(tool: string, which: string, ending: string): Promise<unknown> {
    const { file, settings = {} } = TOOL_RUNS[tool] ?? { file: '' };
    const other = (name: string): string => at(name.replace(/^(photo|labels|scores|edges)\..*$/, `$1-${which}.npy`));
    const exchanged = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, /\.(png|npy)$/.test(value) ? other(value) : value]));
    const points = { ...('from' in exchanged ? { from: '0,0', to: '0,0' } : {}), ...('at' in exchanged ? { at: '0,0' } : {}) };
    return runToolTask({ tool, file: other(file), target: at(`unusual${ending}`), settings: { ...exchanged, ...points }, cancelled: new SharedArrayBuffer(4) });
  }

  test.each(TOOLS.map(({ name, endings }) => [name, endings]))('%s of 1 × 1 works', async (tool, endings) => {
    for (const ending of tool === 'rle' ? ['.json'] : endings) await expect(runOf(tool, '1x1', ending)).resolves.toMatchObject({ facts: expect.anything() as unknown });
  });

  const array = (endings: readonly string[]): string => endings.find((ending) => ending === '.npy') ?? '.json';
  test.each(TOOLS.map(({ name, endings }) => [name, array(endings)]))('%s of 0 × 5 gives an empty result, or says what it needs', async (tool, ending) => {
    const refused: Readonly<Record<string, RegExp>> = { resize: /height of the image is 0/, livewire: /expected a pixel of 5×0/, wand: /expected a pixel of 5×0/ };
    const message = refused[tool];
    if (message === undefined) await expect(runOf(tool, '0x5', tool === 'rle' ? '.json' : ending)).resolves.toBeDefined();
    else await expect(runOf(tool, '0x5', ending)).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringMatching(message) as string });
  });

  test.each(TOOLS.filter(({ name, endings }) => endings.includes('.png') && !['rle', 'resize', 'livewire', 'wand'].includes(name)).map(({ name }) => name))('%s writes no picture of 0 × 5', async (tool) => {
    const before = await readdir(folder);
    await expect(runOf(tool, '0x5', '.png')).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('×0 px, which no PNG or JPEG holds') as string });
    expect(await readdir(folder)).toEqual(before);
  });

  const labelTools = Object.entries(PLACES).flatMap(([tool, places]) => Object.entries(places).flatMap(([place, kind]) => (kind === 'labels' && place !== 'scores' ? [{ tool, place }] : [])));
  test.each(labelTools)('$tool $place: one label, 256, and numbers with gaps', async ({ tool, place }) => {
    for (const bad of ['labels-one.png', 'labels-256.png', 'labels-gaps.npy']) {
      const { file, settings } = withBad(tool, place, bad);
      const ending = toolNamed(tool).endings.find((one) => one === '.npz') ?? '.json';
      const work = runToolTask({ tool, file, target: at(`numbers${tool === 'rle' ? '.json' : ending}`), settings, cancelled: new SharedArrayBuffer(4) });
      // A vote counts by label, from 0.
      const refused = bad === 'labels-gaps.npy' && tool === 'vote';
      if (refused) await expect(work).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('a label is -5') as string });
      else await expect(work).resolves.toBeDefined();
    }
  });

  test('a radius larger than the image, scores that are all 0', async () => {
    const run = (tool: string, file: string, settings: Record<string, string>) => runToolTask({ tool, file: at(file), target: null, settings: settingsIn(folder, settings), cancelled: new SharedArrayBuffer(4) });
    await expect(run('walk', 'edges.npy', { scores: 'scores.npy', radius: '32', doublings: '0' })).resolves.toBeDefined();
    await expect(run('affinity', 'edges.npy', { radius: '32' })).resolves.toBeDefined();
    await expect(run('morph', 'labels.png', { label: '7', radius: '500' })).resolves.toBeDefined();
    await expect(run('blur', 'photo.png', { sigma: '300' })).resolves.toBeDefined();
    await expect(run('slic', 'photo.png', { segments: '1000000' })).resolves.toMatchObject({ facts: { superpixels: expect.any(Number) as number } });
    for (const [tool, file, settings] of [
      ['crf', 'photo.png', { scores: 'scores-zero.npy' }],
      ['walk', 'edges.npy', { scores: 'scores-zero.npy' }],
      ['box', 'scores-zero.npy', { plane: '0' }],
      ['perimeter-fit', 'labels.png', { scores: 'scores-zero.npy' }],
    ] as const) {
      await expect(run(tool, file, settings)).resolves.toBeDefined();
    }
  });
});
