import type { Random } from '#main/ml/random/random.ts';

/** Numbers at which readers of lengths and offsets err. */
const EDGES: readonly bigint[] = [0n, 1n, 2n, 3n, 7n, 8n, 0x7fn, 0x80n, 0xffn, 0x100n, 0x7fffn, 0xffffn, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, -2n, -8n];

export function oneOf<T>(items: readonly T[], random: Random): T {
  const item = items[random.integer(0, items.length - 1)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}

export function edge(random: Random): bigint {
  return oneOf(EDGES, random);
}

/** A number as JSON holds it: an edge, or near what stood there. */
export function edgeNumber(random: Random, near = 0): number {
  return random.chance(0.5) ? near + random.integer(-9, 9) : Number(BigInt.asIntN(64, edge(random)));
}

type ByteChange = (bytes: Buffer, random: Random) => Buffer;

function place(bytes: Buffer, random: Random): number {
  // Heads and tails hold the structure.
  const reach = Math.max(1, random.chance(0.4) ? Math.min(bytes.length, 128) : bytes.length);
  const at = random.integer(0, reach - 1);
  return random.chance(0.3) ? Math.max(0, bytes.length - 1 - at) : at;
}

const CHANGES: readonly ByteChange[] = [
  // a bit
  (bytes, random) => {
    const at = place(bytes, random);
    if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
    return bytes;
  },
  // a byte
  (bytes, random) => {
    const at = place(bytes, random);
    if (at < bytes.length) bytes[at] = random.integer(0, 255);
    return bytes;
  },
  // an edge of 2, 4 or 8 bytes
  (bytes, random) => {
    const width = oneOf([2, 4, 8], random);
    const at = place(bytes, random);
    const value = Buffer.alloc(8);
    value.writeBigUInt64LE(BigInt.asUintN(64, edge(random)));
    value.copy(bytes, at, 0, width);
    return bytes;
  },
  // cut
  (bytes, random) => bytes.subarray(0, random.integer(0, bytes.length)),
  // a piece twice
  (bytes, random) => {
    const at = place(bytes, random);
    const piece = bytes.subarray(at, at + random.integer(1, 64));
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  },
  // a piece gone
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.integer(1, 64))]);
  },
  // bytes put in
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(Array.from({ length: random.integer(1, 16) }, () => random.integer(0, 255))), bytes.subarray(at)]);
  },
  // one piece over another
  (bytes, random) => {
    bytes.copyWithin(place(bytes, random), place(bytes, random), place(bytes, random) + random.integer(1, 64));
    return bytes;
  },
];

/** A copy with a few changes of bytes. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let result: Buffer = Buffer.from(bytes);
  const count = random.chance(0.7) ? 1 : random.integer(2, 4);
  for (let change = 0; change < count && result.length > 0; change += 1) result = oneOf(CHANGES, random)(result, random);
  return new Uint8Array(result);
}

/** A JSON value with some of its parts replaced, left out or doubled. */
export function mutatedJson(value: unknown, random: Random): unknown {
  if (random.chance(0.008)) return oneOf<unknown>([null, true, '', 'F32', '../secret', [], {}, -1, 0.5, edgeNumber(random), [edgeNumber(random)]], random);
  if (typeof value === 'number') return random.chance(0.03) ? edgeNumber(random, value) : value;
  if (typeof value === 'string') return random.chance(0.02) ? oneOf(['', '__proto__', 'constructor', 'I64', 'float32', 'uint8', `${value}x`, value.slice(1)], random) : value;
  if (Array.isArray(value)) {
    const items = value.map((item) => mutatedJson(item, random));
    if (random.chance(0.02) && items.length > 0) items.push(oneOf(items, random));
    if (random.chance(0.01)) items.pop();
    return items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [random.chance(0.004) ? oneOf(['__proto__', 'constructor', 'x', '__metadata__'], random) : key, mutatedJson(item, random)]);
  return Object.fromEntries(entries.filter(() => !random.chance(0.004)));
}
