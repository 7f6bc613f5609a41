import { permuted } from '../nn/host-tensor.ts';
import { apply, applyAll, constant, integers, type Value } from './graph.ts';

/* What the engine's operations are in ONNX, whatever way their operands lie. Axes and shapes are the engine's, channels last. */

/** Where an axis of the engine's maps lies in the file. */
const MAP_AXES = [0, 2, 3, 1] as const;

export function asMaps(x: Value): Value {
  if (x.arrangement === 'maps') return x;
  if (x.shape.length !== 4) throw new Error(`(${x.shape.join(', ')}) are no maps`);
  if (x.origin.kind === 'constant' && x.origin.values instanceof Float32Array) {
    const turned = permuted({ shape: x.shape, values: x.origin.values }, [0, 3, 1, 2]);
    return { ...x, arrangement: 'maps', origin: { kind: 'constant', values: turned.values, fileShape: turned.shape } };
  }
  return apply('Transpose', [x], { ...x, arrangement: 'maps' }, { perm: { ints: [0, 3, 1, 2] } });
}

export function asPlain(x: Value): Value {
  if (x.arrangement === 'plain') return x;
  return apply('Transpose', [x], { ...x, arrangement: 'plain' }, { perm: { ints: [0, 2, 3, 1] } });
}

/** An axis of `x` as the file counts it. */
function fileAxis(x: Value, axis: number): number {
  return x.arrangement === 'maps' ? (MAP_AXES[axis] ?? axis) : axis;
}

/** [C] so that it meets the channels of maps: (C, 1, 1). */
function overMaps(x: Value): Value {
  if (x.shape.length === 4) return asMaps(x);
  if (x.shape.length === 0) return x;
  if (x.shape.length !== 1) throw new Error(`(${x.shape.join(', ')}) does not go with maps`);
  return apply('Unsqueeze', [x, integers([1, 2])], { shape: [...x.shape, 1, 1], arrangement: 'plain', batched: false });
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [left = 1, right = 1] = [a[a.length - rank + i], b[b.length - rank + i]];
    if (left !== right && left !== 1 && right !== 1) throw new Error(`(${a.join(', ')}) and (${b.join(', ')}) do not go together`);
    return left === 1 ? right : left;
  });
}

/** Place by place, with broadcasting. */
export function combine(type: 'Add' | 'Mul' | 'Max', a: Value, b: Value): Value {
  const maps = a.arrangement === 'maps' || b.arrangement === 'maps';
  const operands = maps ? [overMaps(a), overMaps(b)] : [a, b];
  return apply(type, operands, { shape: broadcast(a.shape, b.shape), arrangement: maps ? 'maps' : 'plain', batched: a.batched || b.batched });
}

export function times(x: Value, factor: number): Value {
  return combine('Mul', x, constant(Float32Array.of(factor), []));
}

export function sumOf(values: readonly Value[]): Value {
  return values.reduce((sum, value) => combine('Add', sum, value));
}

/** One operand, place by place. */
export function map(type: 'Relu' | 'Erf', x: Value): Value {
  return apply(type, [x], x);
}

/** Mean over these axes. */
export function mean(x: Value, axes: readonly number[], keepDims: boolean): Value {
  const whole = x.arrangement === 'maps' && !keepDims && !(axes.length === 2 && axes.includes(1) && axes.includes(2)) ? asPlain(x) : x;
  const shape = x.shape.flatMap((length, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [length]));
  return apply(
    'ReduceMean',
    [whole],
    { shape, arrangement: keepDims ? whole.arrangement : 'plain', batched: x.batched && !(axes.includes(0)) },
    { axes: { ints: axes.map((axis) => fileAxis(whole, axis)).sort((a, b) => a - b) }, keepdims: { int: keepDims ? 1 : 0 } },
  );
}

export function reshape(x: Value, shape: readonly number[]): Value {
  if (x.shape.join() === shape.join()) return x;
  // One place a channel lies the same both ways.
  const oneplace = x.arrangement === 'maps' && x.shape[1] === 1 && x.shape[2] === 1;
  const operand = oneplace ? x : asPlain(x);
  const lengths = x.batched ? [-1, ...shape.slice(1)] : shape;
  return apply('Reshape', [operand, integers(lengths)], { shape, arrangement: 'plain', batched: x.batched });
}

export function transpose(x: Value, order: readonly number[]): Value {
  if (x.batched && order[0] !== 0) throw new Error('the axis of photos must stay first');
  const operand = asPlain(x);
  return apply('Transpose', [operand], { ...operand, shape: order.map((axis) => x.shape[axis] ?? 0) }, { perm: { ints: order } });
}

export function softmax(x: Value): Value {
  const operand = asPlain(x);
  return apply('Softmax', [operand], operand, { axis: { int: -1 } });
}

export function slice(x: Value, begin: readonly number[], shape: readonly number[]): Value {
  const cut = x.shape.flatMap((length, axis) => (shape[axis] === length ? [] : [axis]));
  if (cut.length === 0) return x;
  if (x.batched && cut.includes(0)) throw new Error('photos of a batch can’t be taken apart');
  const starts = cut.map((axis) => begin[axis] ?? 0);
  const ends = cut.map((axis) => (begin[axis] ?? 0) + (shape[axis] ?? 0));
  return apply('Slice', [x, integers(starts), integers(ends), integers(cut.map((axis) => fileAxis(x, axis)))], { ...x, shape });
}

export function split(x: Value, lengths: readonly number[], axis: number): Value[] {
  const forms = lengths.map((length) => ({ ...x, shape: x.shape.map((all, i) => (i === axis ? length : all)) }));
  return applyAll('Split', [x, integers(lengths)], forms, { axis: { int: fileAxis(x, axis) } });
}

export function concat(values: readonly Value[], axis: number): Value {
  const maps = values.some(({ arrangement }) => arrangement === 'maps');
  const operands = values.map(maps ? asMaps : asPlain);
  const [first] = operands;
  if (first === undefined) throw new Error('nothing to join');
  const shape = first.shape.map((length, i) => (i === axis ? operands.reduce((sum, operand) => sum + (operand.shape[i] ?? 0), 0) : length));
  return apply('Concat', operands, { ...first, shape, batched: values.some(({ batched }) => batched) }, { axis: { int: fileAxis(first, axis) } });
}

/** a b over the last two axes. */
export function product(a: Value, b: Value): Value {
  const [left, right] = [asPlain(a), asPlain(b)];
  const shape = [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), a.shape.at(-2) ?? 0, b.shape.at(-1) ?? 0];
  return apply('MatMul', [left, right], { shape, arrangement: 'plain', batched: a.batched || b.batched });
}

/** rows [N, inputs] by a linear layer's weight, which lies in the file as (outputs, inputs). */
export function linearProduct(rows: Value, weight: Value): Value {
  return apply('Gemm', [asPlain(rows), weight], { shape: [rows.shape[0] ?? 0, weight.shape[1] ?? 0], arrangement: 'plain', batched: rows.batched }, { transB: { int: 1 } });
}

/** What all photos share, once for each photo. */
export function forEachPhoto(x: Value, images: Value): Value {
  if (x.batched) return x;
  const count = apply('Shape', [images], { shape: [1], arrangement: 'plain', batched: false }, { start: { int: 0 }, end: { int: 1 } });
  const lengths = apply('Concat', [count, integers(x.shape.slice(1))], { shape: [x.shape.length], arrangement: 'plain', batched: false }, { axis: { int: 0 } });
  return apply('Expand', [asPlain(x), lengths], { ...x, arrangement: 'plain', batched: true });
}
