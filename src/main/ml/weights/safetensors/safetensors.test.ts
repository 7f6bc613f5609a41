import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PenumbraError } from '#shared/errors.ts';
import { bytesSource } from '#shared/formats/byte-source.ts';
import { openSafetensors } from './read.ts';
import { writeSafetensors } from './write.ts';

const readSafetensors = (bytes: Uint8Array, name: string): ReturnType<typeof openSafetensors> => openSafetensors(bytesSource(bytes), name);

/** A file with this header text and data. */
function file(header: string, data: Uint8Array = new Uint8Array(0), length = BigInt(Buffer.byteLength(header))): Uint8Array {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length);
  return new Uint8Array(Buffer.concat([size, Buffer.from(header), data]));
}

function refusal(bytes: Uint8Array): PenumbraError {
  try {
    readSafetensors(bytes, 'model.safetensors');
  } catch (thrown) {
    if (thrown instanceof PenumbraError) return thrown;
    throw thrown;
  }
  throw new Error('the file was read');
}

const entry = (dtype: string, shape: unknown, begin: number, end: number) => ({ dtype, shape, data_offsets: [begin, end] });

describe('reading', () => {
  it('reads every type at its own alignment', () => {
    const header = JSON.stringify({
      __metadata__: { made: 'by hand' },
      byte: entry('U8', [1], 0, 1),
      f32: entry('F32', [2], 1, 9),
      half: entry('F16', [2], 9, 13),
      brain: entry('BF16', [1], 13, 15),
      f64: entry('F64', [], 15, 23),
      i64: entry('I64', [1], 23, 31),
      flag: entry('BOOL', [2], 31, 33),
      none: entry('F32', [0, 4], 33, 33),
    });
    const data = Buffer.alloc(33);
    data.writeUInt8(9, 0);
    data.writeFloatLE(1.5, 1);
    data.writeFloatLE(-2, 5);
    data.writeUInt16LE(0x3c00, 9);
    data.writeUInt16LE(0xc000, 11);
    data.writeUInt16LE(0x4049, 13);
    data.writeDoubleLE(0.1, 15);
    data.writeBigInt64LE(-(2n ** 53n) + 1n, 23);
    data.writeUInt8(1, 31);
    const { tensors, metadata } = readSafetensors(file(`${header}  `, data), 'model.safetensors');
    const values = Object.fromEntries([...tensors].map(([name, tensor]) => [name, [...tensor.values()]]));
    expect(values).toEqual({
      byte: [9],
      f32: [1.5, -2],
      half: [1, -2],
      brain: [3.140625],
      f64: [0.1],
      i64: [-(2 ** 53) + 1],
      flag: [1, 0],
      none: [],
    });
    expect(tensors.get('f64')?.shape).toEqual([]);
    expect(metadata.get('made')).toBe('by hand');
  });

  const two = new Uint8Array(8);
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(3), /at least 8/],
    ['a huge header', file('{}', two, 2n ** 40n), /header has 1099511627776 bytes; at most 100000000/],
    ['a header length of all ones', file('{}', two, 2n ** 64n - 1n), /at most 100000000/],
    ['a header beyond the file', file('{}', two, 99n), /cut off/],
    ['a header that is a list', file('[]'), /does not start with/],
    ['a header that is no JSON', file('{"a":'), /not JSON/],
    ['a header that is no UTF-8', file('{"a":1}').map((byte, at) => (at === 10 ? 0xff : byte)), /UTF-8/],
    [
      'overlapping tensors',
      file(JSON.stringify({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 2, 6) }), two),
      /"b" starts at byte 2; expected 4, so it overlaps/,
    ],
    [
      'two tensors on the same bytes',
      file(JSON.stringify({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 0, 4) }), two.subarray(4)),
      /overlaps/,
    ],
    ['a hole', file(JSON.stringify({ a: entry('F32', [1], 4, 8) }), two), /leaves a hole/],
    ['data left over', file(JSON.stringify({ a: entry('F32', [1], 0, 4) }), two), /has 8 bytes of data; expected 4/],
    ['data missing', file(JSON.stringify({ a: entry('F32', [3], 0, 12) }), two), /has 8 bytes of data; expected 12/],
    ['a shape of another size', file(JSON.stringify({ a: entry('F32', [3], 0, 8) }), two), /has 8 bytes; expected 12/],
    ['a shape that overflows', file(JSON.stringify({ a: entry('F32', [2 ** 40, 2 ** 40], 0, 8) }), two), /expected/],
    ['a negative length', file(JSON.stringify({ a: entry('F32', [-2], 0, 8) }), two), /shape \[-2\]/],
    ['an offset that is no integer', file(JSON.stringify({ a: entry('F32', [2], 0.5, 8.5) }), two), /offsets \[0.5,8.5\]/],
    ['offsets in reverse', file(JSON.stringify({ a: entry('F32', [0], 8, 0) }), two), /expected 0/],
    ['an unknown type', file(JSON.stringify({ a: entry('C64', [1], 0, 8) }), two), /type "C64"/],
    ['a type that is a text of any length', file(JSON.stringify({ a: entry('F'.repeat(200), [1], 0, 8) }), two), /type "F{60}";/],
    ['a shape of more axes than any', file(JSON.stringify({ a: entry('F32', Array<number>(65).fill(1), 0, 8) }), two), /shape a list of 65/],
    ['a type from the prototype', file(JSON.stringify({ a: entry('constructor', [1], 0, 8) }), two), /type "constructor"/],
    ['an entry without anything', file('{"a":null}'), /type nothing/],
    [
      'the same name twice',
      file('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', two),
      /names 2 tensors, only 1/,
    ],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}'), /__metadata__/],
  ])('refuses %s', (_, bytes, message) => {
    const error = refusal(bytes);
    expect(error.code).toBe('WEIGHTS_MALFORMED');
    expect(error.message).toMatch(message);
    expect(error.message).toContain('model.safetensors');
  });
});

describe('writing', () => {
  const tensors = fc.dictionary(
    fc.string(),
    fc.array(fc.float({ noNaN: false }), { maxLength: 7 }).map((values) => Float32Array.from(values)),
    { maxKeys: 6 },
  );

  it('gives back the bits that were written, whatever the names', () => {
    fc.assert(
      fc.property(tensors, (written) => {
        const map = new Map(
          Object.entries(written)
            .filter(([name]) => name !== '__metadata__')
            .map(([name, values]) => [name, { shape: [values.length, 1], values }]),
        );
        const read = readSafetensors(writeSafetensors(map, new Map([['a', 'b']])), 'x');
        expect([...read.tensors.keys()].sort()).toEqual([...map.keys()].sort());
        for (const [name, { values }] of map)
          expect(Buffer.from(read.tensors.get(name)?.values().buffer as ArrayBuffer)).toEqual(Buffer.from(values.buffer));
      }),
    );
  });

  it('gives equal bytes for equal tensors in another order, with data at a multiple of 8', () => {
    const [a, b] = [
      { shape: [1], values: Float32Array.of(1) },
      { shape: [2], values: Float32Array.of(2, 3) },
    ];
    const forth = writeSafetensors(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    );
    expect(
      writeSafetensors(
        new Map([
          ['b', b],
          ['a', a],
        ]),
      ),
    ).toEqual(forth);
    expect(new DataView(forth.buffer).getBigUint64(0, true) % 8n).toBe(0n);
  });
});
