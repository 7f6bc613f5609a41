import { encodeNpyHeader } from '#shared/formats/npy.ts';
import { zipPieces } from '../../formats/zip-writer.ts';
import type { StoredType } from '../stored-type.ts';
import type { WritableTensors } from '../writable.ts';

/** NumPy has every type here but bfloat16. */
const DESCRIPTIONS: Readonly<Partial<Record<StoredType, string>>> = {
  F64: '<f8',
  F32: '<f4',
  F16: '<f2',
  I64: '<i8',
  I32: '<i4',
  I16: '<i2',
  I8: '|i1',
  U64: '<u8',
  U32: '<u4',
  U16: '<u2',
  U8: '|u1',
  BOOL: '|b1',
};

/** An .npz in pieces, stored, one array at a time. */
export function npzPieces(tensors: WritableTensors): Generator<Uint8Array> {
  const contents = [...tensors].map(([name, tensor]) => {
    const descr = DESCRIPTIONS[tensor.type];
    if (descr === undefined) throw new Error(`NumPy has no type ${tensor.type}`);
    return { name: `${name}.npy`, pieces: () => [encodeNpyHeader(descr, tensor.shape), tensor.bytes()] };
  });
  return zipPieces(contents, { deflate: false });
}
