import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeNpy } from '#shared/formats/npy.ts';
import { settingsIn, writeNpy, writeToolFiles } from '../../../tests/support/tool-files.ts';
import { runToolTask } from './tool-task.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-odd-input-'));
  await writeToolFiles(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => path.join(folder, name);
const [width, height] = [40, 30];

function run(tool: string, file: string, target: string | null, settings: Readonly<Record<string, string>>) {
  return runToolTask({ tool, file: at(file), target: target === null ? null : at(target), settings: settingsIn(folder, settings), cancelled: new SharedArrayBuffer(4) });
}

async function scores(name: string, shape: readonly number[], scoreAt: (index: number) => number = () => 0.5): Promise<void> {
  await writeNpy(at(name), { dtype: 'float32', shape, data: Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, (_, index) => scoreAt(index)) });
}

describe('scores for crf', () => {
  it.each([
    [[height, width, 2], '30 planes of 2×40 px'],
    [[8, 10, 2], '8 planes of 2×10 px'],
    [[2, width, height], '2 planes of 30×40 px'],
    [[2, 10, 10], '2 planes of 10×10 px'],
  ])('of shape %j are not stretched to the photo', async (shape, fact) => {
    await scores('turned.npy', shape);
    await expect(run('crf', 'photo.png', null, { scores: 'turned.npy' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: `${at('turned.npy')} holds ${fact}; expected the photo’s 40×30, or a coarser grid of that aspect.`,
      remedy: expect.stringMatching(/transpose\(2, 0, 1\).*penumbra tool resize --kind scores/) as string,
    });
  });

  // By 1, 4, 7 and 16, rounded up and down, and one cell for all.
  it.each([[[2, 30, 40]], [[2, 8, 10]], [[2, 7, 10]], [[2, 5, 6]], [[2, 4, 5]], [[2, 2, 3]], [[2, 1, 1]]])('of shape %j are a grid of it', async (shape) => {
    await scores('grid.npy', shape);
    expect(await run('crf', 'photo.png', null, { scores: 'grid.npy', iterations: '1' })).toMatchObject({ facts: { width, height, labels: [0, 1] } });
  });

  it('outside 0..1 are counted', async () => {
    await scores('beyond.npy', [2, height, width], (index) => [-0.25, 0, 1, 1.5, 2][index] ?? 0.5);
    expect(await run('crf', 'photo.png', null, { scores: 'beyond.npy', iterations: '1' })).toMatchObject({ facts: { clippedScores: 3 } });
    await scores('within.npy', [2, height, width], (index) => [0, 1, 1 + 2 ** -23, -1e-7][index] ?? 0.5);
    expect((await run('crf', 'photo.png', null, { scores: 'within.npy', iterations: '1' })).facts).not.toHaveProperty('clippedScores');
  });
});

describe('labels of any number', () => {
  const numbers = (value: number): Int32Array => Int32Array.from({ length: width * height }, (_, pixel) => (pixel % width < 20 ? value : 0));

  it.each([70_000, -3, 256])('%i is inside for distance, for boundary with --truth, and as the boundary of a walk', async (value) => {
    await writeNpy(at('numbers.npy'), { dtype: 'int32', shape: [height, width], data: numbers(value) });
    expect(await run('distance', 'numbers.npy', null, {})).toMatchObject({ facts: { farthestPx: 20 } });
    expect(await run('boundary', 'numbers.npy', null, { truth: 'labels.png' })).toMatchObject({ facts: { score: { f: 1 } } });
    const walked = async (boundary: string): Promise<Buffer> => {
      await run('walk', 'edges.npy', 'walked.npy', { scores: 'scores.npy', boundary, doublings: '1' });
      return readFile(at('walked.npy'));
    };
    expect(Buffer.compare(await walked('numbers.npy'), await walked('labels.png'))).toBe(0);
  });

  it('morph changes the one that is named, and leaves the others as they are', async () => {
    const data = numbers(70_000);
    data[5 * width + 5] = 0; // a hole
    data[9 * width + 9] = -4; // another label in it
    await writeNpy(at('holes.npy'), { dtype: 'int32', shape: [height, width], data });
    expect(await run('morph', 'holes.npy', 'filled.npy', { label: '70000', kind: 'fill' })).toMatchObject({ facts: { pixelsBefore: 598, pixelsAfter: 599 } });
    const filled = decodeNpy(await readFile(at('filled.npy')), 'filled.npy');
    data[5 * width + 5] = 70_000;
    expect([filled.dtype, [...filled.data]]).toEqual(['int32', [...data]]);
    await expect(run('morph', 'holes.npy', 'filled.png', { label: '70000', kind: 'fill' })).rejects.toThrow('a palette PNG holds labels from 0 to 255');
  });
});
