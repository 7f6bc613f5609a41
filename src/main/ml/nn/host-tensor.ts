/** Numbers outside the engine: what files and checkpoints hold. Row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export type HostTensors = ReadonlyMap<string, HostTensor>;

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Reorders axes: result axis i is source axis `order[i]`. */
export function permuted(tensor: HostTensor, order: readonly number[]): HostTensor {
  const { shape, values } = tensor;
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const outShape = order.map((axis) => shape[axis] ?? 0);
  const outStrides = order.map((axis) => strides[axis] ?? 0);
  const result = new Float32Array(values.length);
  const last = outShape.length - 1;
  const [runLength, runStride] = [outShape[last] ?? 1, outStrides[last] ?? 1];
  const index = outShape.map(() => 0);
  let source = 0;
  for (let target = 0; target < result.length; ) {
    // Along the last axis in one go: networks have a hundred million values.
    for (let from = source, end = target + runLength; target < end; target += 1, from += runStride) result[target] = values[from] ?? 0;
    for (let axis = last - 1; axis >= 0; axis -= 1) {
      const position = (index[axis] ?? 0) + 1;
      source += outStrides[axis] ?? 0;
      if (position < (outShape[axis] ?? 0)) {
        index[axis] = position;
        break;
      }
      source -= position * (outStrides[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return { shape: outShape, values: result };
}
