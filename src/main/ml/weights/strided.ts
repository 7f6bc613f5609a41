/** Element offsets of a view on flat numbers. Offset and strides in elements. */
export interface StridedView {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Strides of C order, or of Fortran order. */
export function denseStrides(shape: readonly number[], isFortran = false): number[] {
  return shape.map((_, axis) => elementCount(isFortran ? shape.slice(0, axis) : shape.slice(axis + 1)));
}

/** The last element that a view with elements touches; may be beyond 2^53 and then inexact. */
export function lastElement({ offset, shape, strides }: StridedView): number {
  return shape.reduce((end, length, axis) => end + (length - 1) * (strides[axis] ?? 0), offset);
}

/** Whether the view's elements already lie row-major and without gaps. */
export function isDense({ shape, strides }: Pick<StridedView, 'shape' | 'strides'>): boolean {
  const dense = denseStrides(shape);
  return shape.every((length, axis) => length === 1 || strides[axis] === dense[axis]);
}

/** Row-major copy of a strided view whose offset is that of `source`'s first element. Elements have `itemBytes` bytes; their bits are kept. */
export function gathered(source: Uint8Array, itemBytes: number, { shape, strides }: Pick<StridedView, 'shape' | 'strides'>): Uint8Array {
  const result = new Uint8Array(elementCount(shape) * itemBytes);
  const copy = itemCopier(source, result, itemBytes);
  const index = shape.map(() => 0);
  const count = result.length / itemBytes;
  let from = 0;
  for (let to = 0; to < count; to += 1) {
    copy(to, from);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const position = (index[axis] ?? 0) + 1;
      const stride = strides[axis] ?? 0;
      from += stride;
      if (position < (shape[axis] ?? 0)) {
        index[axis] = position;
        break;
      }
      from -= position * stride;
      index[axis] = 0;
    }
  }
  return result;
}

type ItemCopier = (to: number, from: number) => void;

/** Copies elements as integers: a NaN copied as a float may come out with other bits. */
function itemCopier(source: Uint8Array, result: Uint8Array, itemBytes: number): ItemCopier {
  if (itemBytes === 4) {
    const [items, target] = [source, result].map((bytes) => new Uint32Array(...aligned(bytes, 4))) as [Uint32Array, Uint32Array];
    return (to, from) => {
      target[to] = items[from] ?? 0;
    };
  }
  if (itemBytes === 8) {
    const [items, target] = [source, result].map((bytes) => new BigUint64Array(...aligned(bytes, 8))) as [BigUint64Array, BigUint64Array];
    return (to, from) => {
      target[to] = items[from] ?? 0n;
    };
  }
  return (to, from) => {
    for (let byte = 0; byte < itemBytes; byte += 1) result[to * itemBytes + byte] = source[from * itemBytes + byte] ?? 0;
  };
}

/** Arguments of a typed array on these bytes, of a copy of them when they lie askew. */
function aligned(bytes: Uint8Array, itemBytes: number): [ArrayBuffer, number, number] {
  const fitting = bytes.byteOffset % itemBytes === 0 ? bytes : new Uint8Array(bytes);
  return [fitting.buffer as ArrayBuffer, fitting.byteOffset, Math.floor(fitting.byteLength / itemBytes)];
}
