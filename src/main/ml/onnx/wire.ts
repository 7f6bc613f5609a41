/*
 * Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), as far as ONNX needs it. A message is a list of pieces, so that weights
 * are written from where they lie.
 */

export type Pieces = readonly Uint8Array[];

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

export function byteLength(pieces: Pieces): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}

/** Seven bits a byte, the lowest first. Negative numbers take ten bytes. */
function varint(value: bigint): number[] {
  const result: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    result.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...result, Number(rest)];
}

function tag(field: number, type: number): number[] {
  return varint(BigInt((field << 3) | type));
}

export function integerField(field: number, value: number): Pieces {
  return [Uint8Array.from([...tag(field, VARINT), ...varint(BigInt(value))])];
}

export function floatField(field: number, value: number): Pieces {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [Uint8Array.from(tag(field, FIXED_32)), bytes];
}

/** A message, or bytes, within another. */
export function nestedField(field: number, pieces: Pieces): Pieces {
  return [Uint8Array.from([...tag(field, LENGTH_DELIMITED), ...varint(BigInt(byteLength(pieces)))]), ...pieces];
}

export function textField(field: number, text: string): Pieces {
  return nestedField(field, [new TextEncoder().encode(text)]);
}
