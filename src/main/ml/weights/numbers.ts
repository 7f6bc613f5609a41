import { decodeFloat16 } from '#shared/formats/float16.ts';
import { malformed } from './malformed.ts';
import type { StoredType } from './stored-type.ts';

/** Little-endian bytes as numbers: float32 where that is exact, float64 otherwise. `bytes` may start at any offset. */
export function decodeNumbers(bytes: Uint8Array, type: StoredType, file: string, key: string): Float32Array | Float64Array {
  // Bytes read from a file fill their buffer; of others a copy starts at an aligned offset and outlives what they are a view of.
  const fills = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  const buffer = fills ? (bytes.buffer as ArrayBuffer) : new Uint8Array(bytes).buffer;
  switch (type) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float64Array(buffer);
    case 'F16':
      return decodeFloat16(new Uint16Array(buffer));
    case 'BF16':
      return fromBfloat16(new Uint16Array(buffer));
    case 'I64':
      return fromInt64(new BigInt64Array(buffer), file, key);
    case 'U64':
      return fromInt64(new BigUint64Array(buffer), file, key);
    case 'U32':
      return Float64Array.from(new Uint32Array(buffer));
    case 'U16':
      return Float32Array.from(new Uint16Array(buffer));
    case 'I32':
      return Float64Array.from(new Int32Array(buffer));
    case 'I16':
      return Float32Array.from(new Int16Array(buffer));
    case 'I8':
      return Float32Array.from(new Int8Array(buffer));
    case 'U8':
    case 'BOOL':
      return Float32Array.from(bytes);
  }
}

/** bfloat16 is the upper half of a float32. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = Uint32Array.from(halves, (half) => half << 16);
  return new Float32Array(bits.buffer);
}

function fromInt64(integers: BigInt64Array | BigUint64Array, file: string, key: string): Float64Array {
  return Float64Array.from(integers as Iterable<bigint>, (integer: bigint) => {
    const value = Number(integer);
    if (!Number.isSafeInteger(value)) {
      throw malformed(file, `tensor "${key}" holds ${integer.toString()}, which is beyond 2^53`, { key, found: integer.toString() });
    }
    return value;
  });
}
