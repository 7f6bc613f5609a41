import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { bytesSource } from '#shared/formats/byte-source.ts';
import type { StoredTensors } from '../weights-file.ts';
import { openTorchFile } from './read.ts';

const readTorchFile = (bytes: Uint8Array, name: string): StoredTensors => openTorchFile(bytesSource(bytes), name).tensors;

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../../../tests/fixtures/torch-files/${name}`, import.meta.url)));
const expected = z
  .record(z.string(), z.object({ shape: z.array(z.int()), values: z.array(z.number()) }))
  .parse(JSON.parse(new TextDecoder().decode(fixture('expected.json'))));

function refusal(bytes: Uint8Array): PenumbraError {
  try {
    readTorchFile(bytes, 'test.pth');
  } catch (thrown) {
    if (thrown instanceof PenumbraError) return thrown;
    throw thrown;
  }
  throw new Error('the file was read');
}

describe('files that PyTorch wrote', () => {
  it.each(['zip.pth', 'legacy.pth', 'wrapped.pth', 'protocol4.pth'])(
    '%s gives every tensor, strides, halves and shared storages included',
    (name) => {
      const tensors = readTorchFile(fixture(name), name);
      expect([...tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
      for (const [key, tensor] of tensors) {
        expect(tensor.shape, key).toEqual(expected[key]?.shape);
        expect([...tensor.values()], key).toEqual(expected[key]?.values);
      }
    },
  );

  it('every cut of a file is refused as cut off or broken, never read in part', () => {
    for (const name of ['zip.pth', 'legacy.pth']) {
      const whole = fixture(name);
      for (let length = 0; length < whole.length; length += 37) {
        expect(refusal(whole.subarray(0, length)).code, `${name} cut at ${length}`).toBe('WEIGHTS_MALFORMED');
      }
    }
  });

  it('any one byte changed gives tensors or a PenumbraError, nothing else', { timeout: 120_000 }, () => {
    for (const name of ['zip.pth', 'legacy.pth']) {
      const whole = fixture(name);
      for (let at = 0; at < whole.length; at += 1) {
        const bytes = whole.slice();
        bytes[at] = (bytes[at] ?? 0) ^ 0xff;
        try {
          readTorchFile(bytes, name);
        } catch (thrown) {
          if (!(thrown instanceof PenumbraError)) throw new Error(`${name} byte ${at}`, { cause: thrown });
        }
      }
    }
  });
});

/** Writes pickles byte by byte, as an attacker would. */
const op = {
  proto: [0x80, 2],
  stop: [0x2e],
  mark: [0x28],
  emptyDict: [0x7d],
  emptyTuple: [0x29],
  tuple: [0x74],
  reduce: [0x52],
  persistentId: [0x51],
  setItem: [0x73],
  newFalse: [0x89],
  none: [0x4e],
  text: (value: string): number[] => [0x58, ...u32(Buffer.byteLength(value)), ...Buffer.from(value)],
  int: (value: number): number[] => [0x4a, ...u32(value >>> 0)],
  long: (value: bigint): number[] => [0x8a, 8, ...Buffer.from(new BigInt64Array([value]).buffer)],
  global: (module: string, name: string): number[] => [0x63, ...Buffer.from(`${module}\n${name}\n`)],
  put: (index: number): number[] => [0x72, ...u32(index)],
  get: (index: number): number[] => [0x6a, ...u32(index)],
};

function u32(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
}

const u64 = (value: bigint): number[] => [...Buffer.from(new BigInt64Array([value]).buffer)];

interface TensorText {
  offset?: number[];
  size?: number[][];
  stride?: number[][];
  numel?: number[];
  storage?: string;
}

/** The pickle of {'t': tensor} on storage '0'. */
function tensorPickle({
  offset = op.int(0),
  size = [op.int(2)],
  stride = [op.int(1)],
  numel = op.int(2),
  storage = 'FloatStorage',
}: TensorText = {}): number[] {
  const id = [
    ...op.mark,
    ...op.text('storage'),
    ...op.global('torch', storage),
    ...op.text('0'),
    ...op.text('cpu'),
    ...numel,
    ...op.none,
    ...op.tuple,
  ];
  const call = [
    ...op.mark,
    ...id,
    ...op.persistentId,
    ...offset,
    ...op.mark,
    ...size.flat(),
    ...op.tuple,
    ...op.mark,
    ...stride.flat(),
    ...op.tuple,
    ...op.newFalse,
    ...op.none,
    ...op.tuple,
  ];
  return [
    ...op.proto,
    ...op.emptyDict,
    ...op.text('t'),
    ...op.global('torch._utils', '_rebuild_tensor_v2'),
    ...call,
    ...op.reduce,
    ...op.setItem,
    ...op.stop,
  ];
}

/** A legacy file around an object pickle. */
function legacyFile(object: number[], storage: number[] = [...u64(2n), 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]): Uint8Array {
  const magic = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
  const protocol = [...op.proto, ...op.int(1001), ...op.stop];
  const system = [...op.proto, ...op.emptyDict, ...op.text('little_endian'), 0x88, ...op.setItem, ...op.stop];
  const keys = [...op.proto, 0x5d, ...op.text('0'), 0x61, ...op.stop];
  return Uint8Array.from([...magic, ...protocol, ...system, ...object, ...keys, ...storage]);
}

describe('files that PyTorch would not write', () => {
  it('reads the harmless one that the others differ from', () => {
    expect([...(readTorchFile(legacyFile(tensorPickle()), 'test.pth').get('t')?.values() ?? [])]).toEqual([1, 2]);
  });

  it('refuses to copy one list into dicts again and again, before it takes seconds', () => {
    const pairs = Array.from({ length: 1000 }, (_, i) => [...op.int(i), ...op.int(i), 0x86]).flat();
    const copy = [...op.get(1), ...op.get(0), 0x85, ...op.reduce];
    const start = [...op.proto, 0x5d, ...op.mark, ...pairs, 0x65, ...op.put(0), ...op.global('collections', 'OrderedDict'), ...op.put(1)];
    const error = refusal(legacyFile([...start, ...Array.from({ length: 600 }, () => copy).flat(), ...op.stop]));
    expect(error).toMatchObject({ code: 'WEIGHTS_MALFORMED', message: expect.stringContaining('grows beyond what any state dict needs') as string });
  });

  it.each([
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['torch', 'load'],
    ['collections', 'OrderedDict\u0000'],
    ['__main__', 'constructor'],
  ])('refuses the global %s.%s by name and calls nothing', (module, name) => {
    const call = [
      ...op.proto,
      ...op.global(module, name),
      ...op.mark,
      ...op.text('touch /tmp/owned'),
      ...op.tuple,
      ...op.reduce,
      ...op.stop,
    ];
    const error = refusal(legacyFile(call));
    expect(error.code).toBe('WEIGHTS_UNSAFE');
    expect(error.details['found']).toBe(`${module}.${name}`);
    expect(error.message).toContain('test.pth');
  });

  it.each([
    ['INST', 0x69],
    ['OBJ', 0x6f],
    ['EXT1', 0x82],
    ['BUILD on nothing', 0x62],
    ['PERSID', 0x50],
    ['POP', 0x30],
    ['DUP', 0x32],
  ])('refuses the opcode %s', (_, opcode) => {
    expect(refusal(legacyFile([...op.proto, opcode, ...op.stop])).code).toMatch(/WEIGHTS_(UNSAFE|MALFORMED)/);
  });

  it('refuses to call a storage class, a number or itself', () => {
    for (const callee of [op.global('torch', 'FloatStorage'), op.int(3), op.emptyDict]) {
      expect(refusal(legacyFile([...op.proto, ...callee, ...op.emptyTuple, ...op.reduce, ...op.stop])).code).toBe('WEIGHTS_UNSAFE');
    }
  });

  const reaching: [string, TensorText, RegExp][] = [
    ['a stride beyond its storage', { stride: [op.int(7)] }, /reaches element 7 of a storage of 2/],
    ['a negative stride', { stride: [op.int(-1)] }, /stride .* is -1/],
    ['a negative size', { size: [op.int(-2)] }, /size .* is -2/],
    ['a negative offset', { offset: op.int(-1) }, /offset .* is -1/],
    ['an offset beyond its storage', { offset: op.int(1) }, /reaches element 2 of a storage of 2/],
    ['a stride that overflows', { stride: [op.long(2n ** 62n)] }, /stride .* is 4611686018427387904/],
    [
      'sizes whose product overflows',
      { size: [op.long(2n ** 52n), op.long(2n ** 52n)], stride: [op.int(0), op.int(0)] },
      /elements on a storage of 2/,
    ],
    [
      'a huge tensor that repeats one element',
      { size: [op.int(2 ** 31 - 1)], stride: [op.int(0)] },
      /2147483647 elements on a storage of 2/,
    ],
    [
      'sizes whose product is no number',
      { size: [...Array.from({ length: 20 }, () => op.long(2n ** 53n - 1n)), op.int(0)], stride: Array.from({ length: 21 }, () => op.int(0)) },
      /NaN elements on a storage of 2/,
    ],
    ['more strides than sizes', { stride: [op.int(1), op.int(1)] }, /have 1 and 2 axes/],
    ['a storage longer than the file says', { numel: op.int(3) }, /has 2 elements; expected 3/],
    ['a storage of an unknown type', { storage: 'ComplexFloatStorage' }, /torch\.ComplexFloatStorage/],
  ];
  it.each(reaching)('refuses %s', (_, change, message) => {
    const error = refusal(legacyFile(tensorPickle(change)));
    expect(error.code).toMatch(/WEIGHTS_(MALFORMED|UNSAFE)/);
    expect(error.message).toMatch(message);
    expect(error.details['file']).toBe('test.pth');
  });

  it('refuses a storage that says it is longer than the file', () => {
    expect(refusal(legacyFile(tensorPickle({ numel: op.long(2n ** 40n) }), u64(2n ** 40n))).message).toMatch(/cut off/);
  });

  it('refuses a storage length that no file has', () => {
    expect(refusal(legacyFile(tensorPickle(), u64(-1n))).message).toMatch(/a length of 18446744073709551615/);
  });

  it('is not slowed or filled by a memo bomb', () => {
    // Each tuple holds the one before it twice: 2^60 leaves if anyone walked them.
    const doubling = Array.from({ length: 60 }, (_, i) => [...op.mark, ...op.get(i), ...op.get(i), ...op.tuple, ...op.put(i + 1)]).flat();
    const bomb = [...op.proto, ...op.emptyTuple, ...op.put(0), ...doubling, ...op.stop];
    const before = process.cpuUsage();
    expect(refusal(legacyFile(bomb)).code).toBe('WEIGHTS_MALFORMED');
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(2e6); // µs of the processor's time, whatever else the machine does
  });

  it('does not make the bytes of one text again and again', () => {
    const call = [...op.get(1), ...op.get(0), ...op.reduce];
    const names = [...op.mark, ...op.text('x'.repeat(2 ** 20)), ...op.text('latin1'), ...op.tuple, ...op.put(0), ...op.global('_codecs', 'encode'), ...op.put(1)];
    const bomb = [...op.proto, ...names, ...Array.from({ length: 100 }, () => call).flat(), ...op.stop];
    expect(refusal(legacyFile(bomb)).message).toMatch(/itself holds 68157440 bytes of data; at most 67108864/);
  });

  it('refuses millions of memo entries and unclosed marks', () => {
    expect(refusal(legacyFile([...op.proto, ...Array<number>(2000).fill(0x28), ...op.stop])).message).toMatch(
      /beyond what any state dict needs/,
    );
    expect(refusal(legacyFile([...op.proto, ...op.get(5), ...op.stop])).message).toMatch(/recalls memo 5/);
  });

  it('refuses a text length beyond the file and text that is no UTF-8', () => {
    expect(refusal(legacyFile([...op.proto, 0x58, 0xff, 0xff, 0xff, 0xff, ...op.stop])).message).toMatch(/cut off/);
    expect(refusal(legacyFile([...op.proto, 0x58, 1, 0, 0, 0, 0xff, ...op.stop])).message).toMatch(/UTF-8/);
  });

  it('keys such as __proto__ are plain keys', () => {
    const bytes = tensorPickle();
    const key = bytes.indexOf(0x58);
    const named = [...bytes.slice(0, key), ...op.text('__proto__'), ...bytes.slice(key + 6)];
    const tensors = readTorchFile(legacyFile(named), 'test.pth');
    expect([...tensors.keys()]).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['t']).toBeUndefined();
  });

  it('refuses a tar archive, plain text and an empty file, saying what it found', () => {
    const tar = new Uint8Array(1024);
    tar.set(new TextEncoder().encode('ustar'), 257);
    expect(refusal(tar).code).toBe('WEIGHTS_UNSAFE');
    expect(refusal(new TextEncoder().encode('<html>')).message).toContain('starts with 3c 68 74 6d');
    expect(refusal(new Uint8Array(0)).message).toContain('starts with nothing');
  });
});

describe('zips', () => {
  const patched = (change: (bytes: Uint8Array, view: DataView) => void): Uint8Array => {
    const bytes = fixture('zip.pth');
    change(bytes, new DataView(bytes.buffer));
    return bytes;
  };
  const centralEntry = (view: DataView): number => {
    for (let at = 0; at < view.byteLength - 4; at += 1) if (view.getUint32(at, true) === 0x02014b50) return at;
    throw new Error('no central directory');
  };

  it('refuses a compressed entry', () => {
    const compressed = patched((_, view) => {
      view.setUint16(centralEntry(view) + 10, 8, true);
      view.setUint16(8, 8, true);
    });
    expect(refusal(compressed).message).toMatch(/is compressed/);
  });

  it('refuses an entry that points outside the file or at something else', () => {
    expect(refusal(patched((_, view) => view.setUint32(centralEntry(view) + 42, 0x7fffffff, true))).code).toBe('WEIGHTS_MALFORMED');
    expect(refusal(patched((_, view) => view.setUint32(centralEntry(view) + 42, 5, true))).message).toMatch(/not where the directory says/);
  });

  it('refuses a directory that counts more entries than it has', () => {
    expect(refusal(patched((bytes, view) => view.setUint16(bytes.length - 12, 60000, true))).code).toBe('WEIGHTS_MALFORMED');
  });
});
