import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeNpz } from '#main/ml/formats/npz.ts';
import { encodeScoreMaps } from '#main/ml/stages/score-maps-io.ts';
import { encodeFloat16 } from './float16.ts';
import { readScoreMaps } from './score-maps.ts';

describe('readScoreMaps', () => {
  it('gives back what stages write, plane by plane, as float16 keeps it', () => {
    const data = Float32Array.from({ length: 3 * 5 * 4 }, (_, index) => index / 64); // exact in float16
    const bytes = encodeScoreMaps({ keys: [2, 7, 254], planes: { count: 3, width: 5, height: 4, data } });
    const read = readScoreMaps(bytes);
    expect(read).toMatchObject({ classIndices: [2, 7, 254], width: 5, height: 4 });
    expect(read.planes).toEqual([0, 1, 2].map((plane) => data.slice(plane * 20, (plane + 1) * 20)));
  });

  it('takes an image without a class', () => {
    const bytes = encodeScoreMaps({ keys: [], planes: { count: 0, width: 5, height: 4, data: new Float32Array() } });
    expect(readScoreMaps(bytes)).toEqual({ classIndices: [], width: 5, height: 4, planes: [] });
  });

  it('reads the maps of the sample project', { timeout: 60_000 }, () => {
    const root = new URL('../../../resources/sample/project/artifacts/', import.meta.url);
    const key = readdirSync(root).find((name) => readdirSync(new URL(`${name}/`, root)).some((file) => file.endsWith('.npz')));
    const folder = new URL(`${key ?? ''}/`, root);
    const files = readdirSync(folder).filter((file) => file.endsWith('.npz'));
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const { classIndices, planes } = readScoreMaps(readFileSync(new URL(file, folder)));
      expect(planes).toHaveLength(classIndices.length);
      for (const plane of planes) for (const score of plane) if (!(score >= 0 && score <= 1)) throw new Error(`${file} holds the score ${score}`);
    }
  });

  it.each([
    ['a score that is not finite', { keys: [1], scores: [Infinity] }],
    ['keys that do not ascend', { keys: [2, 1], scores: [0, 0] }],
    ['more keys than planes', { keys: [1, 2], scores: [0] }],
    ['class 255', { keys: [255], scores: [0] }],
  ])('refuses %s', (_what, { keys, scores }) => {
    const bytes = encodeNpz({
      keys: { dtype: 'int32', shape: [keys.length], data: Int32Array.from(keys) },
      scores: { dtype: 'float16', shape: [scores.length, 1, 1], data: encodeFloat16(scores) },
    });
    expect(() => readScoreMaps(bytes)).toThrow(expect.objectContaining({ code: 'ARTIFACT_DAMAGED' }));
  });
});
