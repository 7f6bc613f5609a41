import type { HostTensors } from '../../nn/host-tensor.ts';
import { STORED_BYTES, type StoredType } from '../stored-type.ts';
import { elementCount } from '../strided.ts';
import type { WritableTensor, WritableTensors } from '../writable.ts';
import { METADATA_KEY } from './read.ts';

const HEADER_ALIGNMENT = 8;

/** As the reference writer sorts (safetensors/src/tensor.rs), so that each tensor lies at a multiple of its elements' size. */
const ORDER: readonly StoredType[] = ['U64', 'I64', 'F64', 'F32', 'U32', 'I32', 'BF16', 'F16', 'U16', 'I16', 'I8', 'U8', 'BOOL'];

/**
 * A safetensors file in pieces, one tensor at a time: the bytes that the reference writer gives. Equal tensors give equal bytes.
 */
export function* safetensorsPieces(tensors: WritableTensors, metadata: ReadonlyMap<string, string>): Generator<Uint8Array> {
  const sorted = [...tensors].sort(([a, left], [b, right]) => ORDER.indexOf(left.type) - ORDER.indexOf(right.type) || (a < b ? -1 : 1));
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (metadata.size > 0) header[METADATA_KEY] = Object.fromEntries([...metadata].sort(([a], [b]) => (a < b ? -1 : 1)));
  let end = 0;
  for (const [name, { type, shape }] of sorted) {
    const begin = end;
    end += elementCount(shape) * STORED_BYTES[type];
    header[name] = { dtype: type, shape, data_offsets: [begin, end] };
  }
  const encoded = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(encoded.byteLength / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  const head = new Uint8Array(8 + headerBytes).fill(0x20, 8);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerBytes), true);
  head.set(encoded, 8);
  yield head;
  for (const [, tensor] of sorted) yield tensor.bytes();
}

/** Float32 tensors as the bytes of a safetensors file. */
export function writeSafetensors(tensors: HostTensors, metadata: ReadonlyMap<string, string> = new Map()): Uint8Array {
  const writable = new Map([...tensors].map(([name, { shape, values }]): [string, WritableTensor] => [name, { type: 'F32', shape, bytes: () => new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }]));
  const pieces = [...safetensorsPieces(writable, metadata)];
  const result = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.byteLength;
  }
  return result;
}
