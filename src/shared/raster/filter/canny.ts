import { assertLength, assertOneOf, badInput } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import type { ByteRaster } from '../rasters.ts';
import { checkpoint, partOf, type RasterTask } from '../raster-task.ts';
import { Placing, WasmLoops } from '../wasm-loops.ts';
import { CANNY_WASM } from './canny-wasm.ts';
import { sobel, type Gradient } from './sobel.ts';

export interface CannyParameters {
  /** Gradients above this go on where a strong edge began. */
  readonly low: number;
  /** Gradients above this begin an edge. */
  readonly high: number;
  /** Length of the gradient: |dx| + |dy|, or its Euclidean length. */
  readonly norm: 'l1' | 'l2';
}

/** tan 22.5° in fixed point of 15 bits, as OpenCV has it. */
const TAN_22 = 13573;

// What `edges` holds beside 0.
const WEAK = 1; // an edge where it touches one
const STRONG = 2;

/** Edges, 255 or 0, as cv2.Canny(grey, low, high, apertureSize=3). `engine` keeps to TypeScript, for tests. */
export function canny(grey: ByteRaster, parameters: CannyParameters, task?: RasterTask, engine?: 'plain'): ByteRaster {
  const { width, height } = grey;
  assertLength('Canny', width, height, 1, grey.data.length);
  assertFitsPixels('Canny', grey, 8);
  const limits = thresholds(parameters);
  if (grey.data.length === 0) return { width, height, data: new Uint8Array(0) };
  const squared = parameters.norm === 'l2';
  const data = (engine === 'plain' ? null : edgesInWasm(grey, squared, limits, task)) ?? edgesPlainly(grey, squared, limits, task);
  checkpoint(task, 1);
  return { width, height, data };
}

interface Loops {
  keepRidges(grey: number, width: number, height: number, squared: number, low: number, high: number, edges: number, strong: number, work: number): number;
  follow(edges: number, stride: number, strong: number, count: number): number;
  draw(edges: number, width: number, height: number, target: number): void;
}

const LOOPS = new WasmLoops<Loops>(CANNY_WASM);
/** How far the loops reach beyond an array. */
const MARGIN_BYTES = 32;
/** Bytes of work for each pixel of a row, and for its ends. */
const WORK_BYTES = 28;
const WORK_MARGIN_PX = 24;

/** Null where WebAssembly is not to be had. */
function edgesInWasm({ width, height, data }: ByteRaster, squared: boolean, [low, high]: readonly [number, number], task: RasterTask | undefined): Uint8Array | null {
  const placing = new Placing();
  const pixels = width * height;
  const grey = placing.place(pixels + MARGIN_BYTES); // the result lies here too
  const edgesLength = (width + 2) * (height + 2);
  const edges = placing.place(edgesLength + MARGIN_BYTES);
  const strong = placing.place(pixels * 4);
  const work = placing.place((width + WORK_MARGIN_PX) * WORK_BYTES + MARGIN_BYTES);
  const running = LOOPS.borrow(placing.bytes);
  if (running === null) return null;
  const { memory, loops } = running;
  new Uint8Array(memory.buffer, grey, pixels).set(data);
  new Uint8Array(memory.buffer, edges, edgesLength).fill(0);
  const most = 2 ** 31 - 1;
  const begun = loops.keepRidges(grey, width, height, squared ? 1 : 0, Math.min(low, most), Math.min(high, most), edges, strong, work);
  checkpoint(task, 0.8);
  loops.follow(edges, width + 2, strong, begun);
  loops.draw(edges, width, height, grey);
  return new Uint8Array(memory.buffer, grey, pixels).slice();
}

function edgesPlainly(grey: ByteRaster, squared: boolean, limits: readonly [number, number], task: RasterTask | undefined): Uint8Array {
  const { width, height } = grey;
  const gradient = sobel(grey, 'repeat', partOf(task, 0, 0.4));
  // With one pixel of margin, which is no edge.
  const stride = width + 2;
  const edges = new Uint8Array(stride * (height + 2));
  const strong = new Int32Array(width * height);
  const begun = keepRidges(gradient, squared, limits, edges, strong);
  checkpoint(task, 0.8);
  const found = follow(edges, stride, strong, begun);
  const data = new Uint8Array(width * height);
  for (let index = 0; index < found; index++) {
    const at = strong[index] ?? 0;
    const y = Math.floor(at / stride) - 1;
    data[at - stride - 1 - 2 * y] = 255;
  }
  return data;
}

/** Marks in `edges` what is longer than its neighbours along the gradient; lists the strong in `strong` and returns how many there are. */
function keepRidges({ width, height, dx, dy }: Gradient, squared: boolean, [low, high]: readonly [number, number], edges: Uint8Array, strong: Int32Array): number {
  const last = width - 1;
  const bottom = height - 1;
  let found = 0;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0, mark = (y + 1) * (width + 2) + 1; x < width; x++, at++, mark++) {
      const gx = dx[at] ?? 0;
      const gy = dy[at] ?? 0;
      const run = Math.abs(gx);
      const rise = Math.abs(gy);
      const m = squared ? gx * gx + gy * gy : run + rise;
      if (m <= low) continue;
      const scaled = rise << 15;
      const limit = run * TAN_22;
      // Beyond the image the gradient is 0.
      if (scaled < limit) {
        if (x > 0 && m <= lengthAt(dx, dy, at - 1, squared)) continue;
        if (x < last && m < lengthAt(dx, dy, at + 1, squared)) continue;
      } else if (scaled > limit + (run << 16)) {
        if (y > 0 && m <= lengthAt(dx, dy, at - width, squared)) continue;
        if (y < bottom && m < lengthAt(dx, dy, at + width, squared)) continue;
      } else {
        const side = (gx ^ gy) < 0 ? -1 : 1;
        const back = x - side;
        const forth = x + side;
        if (y > 0 && back >= 0 && back <= last && m <= lengthAt(dx, dy, at - width - side, squared)) continue;
        if (y < bottom && forth >= 0 && forth <= last && m <= lengthAt(dx, dy, at + width + side, squared)) continue;
      }
      if (m > high) {
        edges[mark] = STRONG;
        strong[found++] = mark;
      } else edges[mark] = WEAK;
    }
  }
  return found;
}

function lengthAt(dx: Int16Array, dy: Int16Array, at: number, squared: boolean): number {
  const gx = dx[at] ?? 0;
  const gy = dy[at] ?? 0;
  return squared ? gx * gx + gy * gy : Math.abs(gx) + Math.abs(gy);
}

/** Adds to the `count` edges listed in `strong` the weak pixels that touch one, and those that touch them; returns how many are edges then. */
function follow(edges: Uint8Array, stride: number, strong: Int32Array, count: number): number {
  const around = Int32Array.of(-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1);
  let found = count;
  for (let index = 0; index < found; index++) {
    const at = strong[index] ?? 0;
    for (let side = 0; side < 8; side++) {
      const next = at + (around[side] ?? 0);
      if (edges[next] !== WEAK) continue;
      edges[next] = STRONG;
      strong[found++] = next;
    }
  }
  return found;
}

function thresholds({ low, high, norm }: CannyParameters): [number, number] {
  assertOneOf('Canny', 'norm', norm, ['l1', 'l2']);
  if (!(low >= 0 && high >= 0)) throw badInput('Canny', `thresholds are ${low} and ${high}; expected numbers from 0`, 'Give both a value from 0 to 2040.');
  const [least, most] = low < high ? [low, high] : [high, low];
  if (norm === 'l1') return [Math.floor(least), Math.floor(most)];
  return [Math.floor(Math.min(32767, least) ** 2), Math.floor(Math.min(32767, most) ** 2)];
}
