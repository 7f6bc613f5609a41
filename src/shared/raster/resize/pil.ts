import { assertLength, assertOneOf, assertWhole } from '../bad-input.ts';
import { assertFits } from '../memory.ts';
import type { Size } from '../planes.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';
import { Placing, WasmLoops } from '../wasm-loops.ts';
import { PIL_WASM } from './pil-wasm.ts';

/**
 * Resizing of bytes as Pillow 13 does it (libImaging/Resample.c): antialiased, weights in fixed point of 22 bits, along one axis and then along the
 * other, with bytes in between.
 */

export type PilFilter = 'bilinear' | 'bicubic';

interface Kernel {
  readonly support: number; // px of the target
  readonly weight: (distance: number) => number;
}

const KERNELS: Readonly<Record<PilFilter, Kernel>> = {
  bilinear: { support: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: {
    support: 2,
    weight: (distance) => {
      const x = Math.abs(distance);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    },
  },
};

const PRECISION_BITS = 22;
const HALF = 2 ** (PRECISION_BITS - 1);

type Bytes = Size & { readonly data: Uint8Array };

interface Taps {
  readonly from: Int32Array; // first source position of each target position
  readonly count: Int32Array;
  readonly weights: Int32Array; // [target, most], filled up with 0
  readonly most: number; // a multiple of 4
}

/**
 * `data` [h, w, channels] → [H, W, channels]; Image.resize(size, BICUBIC or BILINEAR) of 8-bit images without alpha. `engine` keeps to TypeScript,
 * for tests.
 */
export function resizeLikePil(image: Bytes, channels: 1 | 3, size: Size, filter: PilFilter, task?: RasterTask, engine?: 'plain'): Bytes {
  assertOneOf('resize', 'filter', filter, ['bilinear', 'bicubic']);
  assertOneOf('resize', 'channels', channels, [1, 3]);
  assertLength('resize', image.width, image.height, channels, image.data.length);
  assertWhole('resize', 'width', size.width, 1, 65_535);
  assertWhole('resize', 'height', size.height, 1, 65_535);
  assertWhole('resize', 'width of the image', image.width, 1, 2 ** 26);
  assertWhole('resize', 'height of the image', image.height, 1, 2 ** 26);
  // What comes in and what goes out twice, and a picture between that is no larger than the larger sides make it.
  const between = Math.max(image.width, size.width) * Math.max(image.height, size.height);
  const bytes = channels * (2 * image.width * image.height + 2 * size.width * size.height + between);
  assertFits('resize', `${image.width}×${image.height} px to ${size.width}×${size.height}`, bytes, 'Ask for a smaller size.');
  const across: Pass | null = image.width === size.width ? null : { axis: 'across', to: size.width, taps: tapsOf(image.width, size.width, KERNELS[filter]) };
  const down: Pass | null = image.height === size.height ? null : { axis: 'down', to: size.height, taps: tapsOf(image.height, size.height, KERNELS[filter]) };
  const passes = (goesDownFirst(image, size) ? [down, across] : [across, down]).filter((pass) => pass !== null);
  const copied = passes.length === 0 ? { ...image, data: image.data.slice() } : null;
  const result = copied ?? (engine === 'plain' ? null : resizeInWasm(image, channels, passes, task)) ?? resizePlainly(image, channels, passes, task);
  checkpoint(task, 1);
  return result;
}

/** From the first to the one before the last. */
type Rows = readonly [number, number];

/** Along one axis. */
interface Pass {
  readonly axis: 'across' | 'down';
  readonly to: number; // px
  readonly taps: Taps;
}

function sizeAfter({ width, height }: Size, { axis, to }: Pass): Size {
  return axis === 'across' ? { width: to, height } : { width, height: to };
}

/** Pillow's choice since version 13; the two orders round differently. Before, it always went across first. */
function goesDownFirst(from: Size, to: Size): boolean {
  return to.height < from.height && from.height - to.height > 2 * (from.width - to.width);
}

function tapsOf(source: number, target: number, { support, weight }: Kernel): Taps {
  const scale = source / target;
  const spread = Math.max(1, scale);
  const reach = support * spread;
  const most = Math.ceil((Math.ceil(reach) * 2 + 1) / 4) * 4;
  const from = new Int32Array(target);
  const count = new Int32Array(target);
  const weights = new Int32Array(target * most);
  const shares = new Float64Array(most);
  for (let index = 0; index < target; index++) {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const taps = Math.min(source, Math.trunc(centre + reach + 0.5)) - first;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const share = weight((tap + first - centre + 0.5) * (1 / spread));
      shares[tap] = share;
      sum += share;
    }
    from[index] = first;
    count[index] = taps;
    for (let tap = 0; tap < taps; tap++) {
      const share = shares[tap] ?? 0;
      const scaled = (sum === 0 ? share : share / sum) * 2 ** PRECISION_BITS;
      weights[index * most + tap] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
  }
  return { from, count, weights, most };
}

function resizePlainly(image: Bytes, channels: 1 | 3, passes: readonly Pass[], task: RasterTask | undefined): Bytes {
  return passes.reduce<Bytes>((from, pass, index) => {
    const after = sizeAfter(from, pass);
    const data = new Uint8Array(after.width * after.height * channels);
    for (const rows of rowsOf(from, after, partOf(task, index / passes.length, (index + 1) / passes.length))) {
      if (pass.axis === 'down') resizeColumns(from.data, data, from.width * channels, pass.taps, rows);
      else (channels === 1 ? resizeGreyRows : resizeRgbRows)(from.data, data, from.width, pass, rows);
    }
    return { ...after, data };
  }, image);
}

/** The rows that a pass makes, in runs. */
function rowsOf(before: Size, after: Size, task: RasterTask | undefined): Iterable<Rows> {
  return runsOf(after.height, (Math.max(before.width, after.width) * Math.max(before.height, after.height)) / after.height, task);
}

interface Loops {
  rowsRgb(source: number, target: number, fromWidth: number, height: number, width: number, from: number, count: number, weights: number, most: number): void;
  rowsGrey(source: number, target: number, fromWidth: number, height: number, width: number, from: number, count: number, weights: number, most: number): void;
  columns(source: number, target: number, stride: number, height: number, from: number, count: number, weights: number, most: number): void;
}

const LOOPS = new WasmLoops<Loops>(PIL_WASM);
/** How far the loops reach beyond an array. */
const MARGIN_BYTES = 16;

/** Null where WebAssembly is not to be had. */
function resizeInWasm(image: Bytes, channels: 1 | 3, passes: readonly Pass[], task: RasterTask | undefined): Bytes | null {
  const placing = new Placing();
  const bytesOf = ({ width, height }: Size): number => width * height * channels + MARGIN_BYTES;
  const start = placing.place(bytesOf(image));
  let size: Size = image;
  const steps = passes.map((pass) => {
    const { from, count, weights } = pass.taps;
    const tables = [from, count, weights].map((table) => ({ table, at: placing.place(table.byteLength) }));
    const before = size;
    size = sizeAfter(size, pass);
    return { pass, before, after: size, tables, target: placing.place(bytesOf(size)) };
  });
  const running = LOOPS.borrow(placing.bytes);
  if (running === null) return null;
  const { memory, loops } = running;
  new Uint8Array(memory.buffer, start, image.data.length).set(image.data);
  let source = start;
  for (const [index, { pass, before, after, tables, target }] of steps.entries()) {
    for (const { table, at } of tables) new Int32Array(memory.buffer, at, table.length).set(table);
    const [from = 0, count = 0, weights = 0] = tables.map(({ at }) => at);
    const { most } = pass.taps;
    for (const [first, end] of rowsOf(before, after, partOf(task, index / steps.length, (index + 1) / steps.length))) {
      const rows = end - first;
      const to = target + first * after.width * channels;
      if (pass.axis === 'down') loops.columns(source, to, before.width * channels, rows, from + first * 4, count + first * 4, weights + first * most * 4, most);
      else {
        const read = source + first * before.width * channels;
        if (channels === 1) loops.rowsGrey(read, to, before.width, rows, pass.to, from, count, weights, most);
        else loops.rowsRgb(read, to, before.width, rows, pass.to, from, count, weights, most);
      }
    }
    source = target;
  }
  return { width: size.width, height: size.height, data: new Uint8Array(memory.buffer, source, size.width * size.height * channels).slice() };
}

function clip8(sum: number): number {
  const value = sum >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function resizeGreyRows(data: Uint8Array, result: Uint8Array, fromWidth: number, { to: width, taps: { from, count, weights, most } }: Pass, [start, stop]: Rows): void {
  for (let y = start, to = start * width; y < stop; y++) {
    for (let x = 0; x < width; x++, to++) {
      const first = x * most;
      const end = first + (count[x] ?? 0);
      let sum = HALF;
      for (let tap = first, at = y * fromWidth + (from[x] ?? 0); tap < end; tap++, at++) sum = (sum + Math.imul(data[at] ?? 0, weights[tap] ?? 0)) | 0;
      result[to] = clip8(sum);
    }
  }
}

function resizeRgbRows(data: Uint8Array, result: Uint8Array, fromWidth: number, { to: width, taps: { from, count, weights, most } }: Pass, [start, stop]: Rows): void {
  for (let y = start, to = start * width * 3; y < stop; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const first = x * most;
      const end = first + (count[x] ?? 0);
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let tap = first, at = (y * fromWidth + (from[x] ?? 0)) * 3; tap < end; tap++, at += 3) {
        const weight = weights[tap] ?? 0;
        red = (red + Math.imul(data[at] ?? 0, weight)) | 0;
        green = (green + Math.imul(data[at + 1] ?? 0, weight)) | 0;
        blue = (blue + Math.imul(data[at + 2] ?? 0, weight)) | 0;
      }
      result[to] = clip8(red);
      result[to + 1] = clip8(green);
      result[to + 2] = clip8(blue);
    }
  }
}

function resizeColumns(data: Uint8Array, result: Uint8Array, stride: number, { from, count, weights, most }: Taps, [start, stop]: Rows): void {
  const sums = new Int32Array(stride);
  for (let y = start; y < stop; y++) {
    const first = y * most;
    const end = first + (count[y] ?? 0);
    let at = (from[y] ?? 0) * stride;
    sums.fill(HALF);
    let tap = first;
    // Two rows at a time: the sums are read and written half as often.
    for (; tap + 1 < end; tap += 2, at += 2 * stride) {
      const upper = weights[tap] ?? 0;
      const lower = weights[tap + 1] ?? 0;
      for (let x = 0, below = at + stride; x < stride; x++, below++) {
        sums[x] = ((sums[x] ?? 0) + Math.imul(data[at + x] ?? 0, upper) + Math.imul(data[below] ?? 0, lower)) | 0;
      }
    }
    if (tap < end) {
      const weight = weights[tap] ?? 0;
      for (let x = 0; x < stride; x++) sums[x] = ((sums[x] ?? 0) + Math.imul(data[at + x] ?? 0, weight)) | 0;
    }
    for (let x = 0, to = y * stride; x < stride; x++, to++) result[to] = clip8(sums[x] ?? 0);
  }
}
