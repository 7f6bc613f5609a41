import type { HostTensors } from '../../nn/host-tensor.ts';
import { STORED_BYTES } from '../stored-type.ts';
import { elementCount } from '../strided.ts';
import type { WritableTensor, WritableTensors } from '../writable.ts';
import { METADATA_KEY } from './read.ts';

const HEADER_ALIGNMENT = 8;

/**
 * A safetensors file in pieces, one tensor at a time. Wide types come first, so that each lies at a multiple of its size, then by name; the
 * header is padded to 8 bytes. Equal tensors give equal bytes.
 */
function* safetensorsPieces(tensors: WritableTensors, metadata: ReadonlyMap<string, string>): Generator<Uint8Array> {
  const sorted = [...tensors].sort(([a, left], [b, right]) => STORED_BYTES[right.type] - STORED_BYTES[left.type] || (a < b ? -1 : 1));
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
