import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ByteSource } from '#shared/formats/byte-source.ts';
import { convertWeights } from './convert.ts';
import { openSource, openWeights } from './open-weights.ts';
import { safetensorsPieces } from './safetensors/write.ts';
import { fileSource } from './source/file-source.ts';
import type { WeightsFile } from './weights-file.ts';
import type { WritableTensor } from './writable.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** Beyond what 32 bits count. */
const BIG_BYTES = 4 * GIB + 12_345;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penumbra-large-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file that is zero but for some stretches, which alone take room on the disk. */
function sparseFile(name: string, bytes: number, ranges: readonly (readonly [number, Uint8Array])[]): string {
  const path = join(folder, name);
  const handle = openSync(path, 'wx');
  try {
    for (const [at, data] of ranges) writeSync(handle, data, 0, data.byteLength, at);
    ftruncateSync(handle, bytes);
  } finally {
    closeSync(handle);
  }
  expect(statSync(path).size).toBe(bytes);
  return path;
}

/** What `work` makes of a file, and how many bytes of it were read for that. */
function counted<T>(path: string, work: (file: WeightsFile) => T): { result: T; bytesRead: number } {
  using file = fileSource(path);
  let bytesRead = 0;
  const source: ByteSource = {
    byteLength: file.byteLength,
    read: (start, end) => {
      bytesRead += end - start;
      return file.read(start, end);
    },
  };
  const opened = openSource(source, file.file, () => source);
  return { result: work(opened), bytesRead };
}

/** See generate.py there. */
const Stored = z.object({ torch: z.string(), bytes: z.int(), ranges: z.array(z.tuple([z.int(), z.string()])) });
function asTorchWrote(name: string): string {
  const path = fileURLToPath(new URL(`../../../../tests/fixtures/large-weights/torch-${name}.json`, import.meta.url));
  const { bytes, ranges } = Stored.parse(JSON.parse(readFileSync(path, 'utf8')));
  return sparseFile(`${name}.pth`, bytes, ranges.map(([at, data]) => [at, Buffer.from(data, 'base64')]));
}

/** The header that the writer gives for these tensors, without making any. */
function safetensorsHeader(tensors: readonly (readonly [string, WritableTensor])[]): Uint8Array {
  const [head] = safetensorsPieces(new Map(tensors), new Map());
  if (head === undefined) throw new Error('the writer gave no header');
  return head;
}

const unmade = (type: 'F32' | 'U8', shape: readonly number[]): WritableTensor => ({
  type,
  shape,
  bytes: () => {
    throw new Error('no tensor is made for a header');
  },
});

describe('files beyond 4 GB are read by ranges', () => {
  it.each(['zip', 'legacy'])('torch’s own, %s', (name) => {
    const path = asTorchWrote(name);
    const { result, bytesRead } = counted(path, ({ tensors }) => {
      expect([...tensors].map(([key, { type, shape }]) => [key, type, shape])).toEqual([
        ['before', 'F32', [2]],
        ['big', 'U8', [BIG_BYTES]],
        ['tail', 'U8', [3]],
        ['after', 'F32', [2, 3]],
      ]);
      return ['before', 'tail', 'after'].map((key) => [...(tensors.get(key)?.values() ?? [])]);
    });
    expect(result).toEqual([[0.5, -1.25], [0, 0, 9], [0.25, 0.5, 0.75, 1, 1.25, 1.5]]);
    expect(bytesRead).toBeLessThan(MIB);
  });

  it('safetensors', () => {
    const head = safetensorsHeader([
      ['a', unmade('F32', [BIG_BYTES - 1])],
      ['b', unmade('F32', [2])],
      ['c', unmade('U8', [3])],
    ]);
    const end = head.byteLength + 4 * (BIG_BYTES - 1);
    const path = sparseFile('big.safetensors', end + 8 + 3, [[0, head], [end, new Uint8Array(Float32Array.of(1.5, -3).buffer)], [end + 8, Uint8Array.of(1, 2, 3)]]);
    const { result, bytesRead } = counted(path, ({ tensors }) => ['b', 'c'].map((key) => [...(tensors.get(key)?.values() ?? [])]));
    expect(result).toEqual([[1.5, -3], [1, 2, 3]]);
    expect(bytesRead).toBeLessThan(MIB);
  });

  it('and refused by key when a tensor ends beyond the file', () => {
    const head = safetensorsHeader([['a', unmade('U8', [BIG_BYTES])]]);
    const path = sparseFile('short.safetensors', head.byteLength + BIG_BYTES - 1, [[0, head]]);
    expect(() => openWeights(path)).toThrow(expect.objectContaining({ code: 'WEIGHTS_MALFORMED' }));
  });
});

const PART_BYTES = 64 * MIB;
const PARTS = 34;

// Takes 2.2 GB of disk.
it.runIf(process.env['PENUMBRA_LONG'] === '1')('more than 2 GB are written, read back and compared, a tensor at a time', () => {
  const names = Array.from({ length: PARTS }, (_, i) => `part${String(i).padStart(2, '0')}`);
  const head = safetensorsHeader(names.map((name) => [name, unmade('U8', [PART_BYTES])] as const));
  const marks = names.map((_, i) => [head.byteLength + i * PART_BYTES + i, Uint8Array.of(i + 1)] as const);
  const input = sparseFile('in.safetensors', head.byteLength + PARTS * PART_BYTES, [[0, head], ...marks]);
  const before = process.resourceUsage().maxRSS;
  expect(convertWeights(input, join(folder, 'out.safetensors'), { target: 'safetensors', roundToFloat32: false, referenceNames: false }).tensors).toBe(PARTS);
  const grownMib = (process.resourceUsage().maxRSS - before) / 1024;
  expect(statSync(join(folder, 'out.safetensors')).size).toBe(statSync(input).size);
  using out = openWeights(join(folder, 'out.safetensors'));
  expect(names.map((name, i) => out.tensors.get(name)?.bytes()[i])).toEqual(names.map((_, i) => i + 1));
  expect(grownMib).toBeLessThan(1024);
}, 600_000);
