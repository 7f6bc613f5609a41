import { assertLength, assertWithin } from '../bad-input.ts';
import type { ByteRaster } from '../rasters.ts';
import { checkpoint, runsOf, type RasterTask } from '../raster-task.ts';
import { Placing, WasmLoops } from '../wasm-loops.ts';
import { BLUR_WASM } from './blur-wasm.ts';

export interface BlurSize {
  readonly width: number; // px
  readonly height: number; // px
  readonly channels: number;
}

/**
 * Gaussian blur of interleaved channels as scipy.ndimage.gaussian_filter does it in float64: kernel cut at 4 σ, the image mirrored about its
 * edges, edge pixel included. In place: → `values`, as they are where `sigmaPx` is 0; cancelled, they are blurred in part. `engine` keeps to TypeScript, for tests.
 */
export function gaussianBlur(
  values: Float64Array,
  size: BlurSize,
  sigmaPx: number,
  task?: RasterTask,
  engine?: 'plain',
): Float64Array {
  const { width, height, channels } = size;
  assertLength('Gaussian blur', width, height, channels, values.length);
  assertWithin('Gaussian blur', 'sigma', sigmaPx, 0, 1000);
  if (sigmaPx !== 0 && values.length > 0) blurRows(values, size, sigmaPx, task, engine);
  checkpoint(task, 1);
  return values;
}

function blurRows(values: Float64Array, { width, height, channels }: BlurSize, sigmaPx: number, task: RasterTask | undefined, engine: 'plain' | undefined): void {
  const weights = gaussianKernel(sigmaPx);
  const reach = weights.length - 1;
  const run = width * channels;
  const margin = reach * channels;
  const slots = Math.min(height, 2 * reach + 1);
  const { ring, kernel, rows, beside, row, blurred, weigh } = (engine === 'plain' ? null : workInWasm(weights, slots, run, margin)) ?? workPlainly(weights, slots, run, margin);
  for (let distance = -reach; distance <= reach; distance++) beside[distance + reach] = (distance + reach) * channels;
  let held = 0;
  const blurRow = (y: number): void => {
    for (; held < Math.min(height, y + reach + 1); held++) ring.set(values.subarray(held * run, (held + 1) * run), (held % slots) * run);
    for (let distance = -reach; distance <= reach; distance++) rows[distance + reach] = (mirrored(y + distance, height) % slots) * run;
    weigh(ring, kernel, rows, run, row, margin);
    // With its mirrored ends, so that nothing has to be asked of each position.
    for (let x = 0; x < reach; x++) {
      const before = margin + mirrored(x - reach, width) * channels;
      const after = margin + mirrored(width + x, width) * channels;
      for (let channel = 0; channel < channels; channel++) {
        row[x * channels + channel] = row[before + channel] ?? 0;
        row[margin + run + x * channels + channel] = row[after + channel] ?? 0;
      }
    }
    weigh(row, kernel, beside, run, blurred, 0);
    values.set(blurred, y * run);
  };
  for (const [from, to] of runsOf(height, width * weights.length, task)) for (let y = from; y < to; y++) blurRow(y);
}

/** Weights at distance 0..radius. */
function gaussianKernel(sigmaPx: number): Float64Array {
  const radius = Math.floor(4 * sigmaPx + 0.5);
  const weights = Float64Array.from({ length: radius + 1 }, (_, distance) => Math.exp((-0.5 / (sigmaPx * sigmaPx)) * distance * distance));
  let sum = 0;
  for (let distance = -radius; distance <= radius; distance++) sum += weights[Math.abs(distance)] ?? 0;
  return weights.map((weight) => weight / sum);
}

/** The arrays of a blur: each row is weighed down its columns first, then along itself. */
interface BlurWork {
  readonly ring: Float64Array; // as many rows as a sum takes, as they were before
  readonly kernel: Float64Array;
  readonly rows: Int32Array; // where the rows around begin
  readonly beside: Int32Array; // where the values around begin
  readonly row: Float64Array; // one row with a margin on either side
  readonly blurred: Float64Array; // the row without
  /** to[start + i] = Σ kernel[|d|] · from[starts[d] + i] for i < run, nearest first as SciPy adds them. */
  readonly weigh: (from: Float64Array, kernel: Float64Array, starts: Int32Array, run: number, to: Float64Array, start: number) => void;
}

function workPlainly(kernel: Float64Array, slots: number, run: number, margin: number): BlurWork {
  const around = 2 * kernel.length - 1;
  return {
    ring: new Float64Array(slots * run),
    kernel,
    rows: new Int32Array(around),
    beside: new Int32Array(around),
    row: new Float64Array(run + 2 * margin),
    blurred: new Float64Array(run),
    weigh: weighPlainly,
  };
}

interface Loops {
  weigh(from: number, kernel: number, starts: number, reach: number, run: number, to: number): void;
}

const LOOPS = new WasmLoops<Loops>(BLUR_WASM);
/** How far the loops reach beyond an array. */
const MARGIN_BYTES = 24;

/** Null where WebAssembly is not to be had. */
function workInWasm(weights: Float64Array, slots: number, run: number, margin: number): BlurWork | null {
  const around = 2 * weights.length - 1;
  const placing = new Placing();
  const ring = placing.place(slots * run * 8 + MARGIN_BYTES);
  const kernel = placing.place(weights.byteLength);
  const rows = placing.place(around * 4);
  const beside = placing.place(around * 4);
  const row = placing.place((run + 2 * margin) * 8 + MARGIN_BYTES);
  const blurred = placing.place(run * 8 + MARGIN_BYTES);
  const running = LOOPS.borrow(placing.bytes);
  if (running === null) return null;
  const { buffer } = running.memory;
  const work: BlurWork = {
    ring: new Float64Array(buffer, ring, slots * run),
    kernel: new Float64Array(buffer, kernel, weights.length),
    rows: new Int32Array(buffer, rows, around),
    beside: new Int32Array(buffer, beside, around),
    row: new Float64Array(buffer, row, run + 2 * margin),
    blurred: new Float64Array(buffer, blurred, run),
    weigh: (from, factors, starts, count, to, start) =>
      running.loops.weigh(from.byteOffset, factors.byteOffset, starts.byteOffset, factors.length - 1, count, to.byteOffset + start * 8),
  };
  work.kernel.set(weights);
  return work;
}

function weighPlainly(from: Float64Array, kernel: Float64Array, starts: Int32Array, run: number, to: Float64Array, start: number): void {
  const reach = kernel.length - 1;
  const centre = kernel[0] ?? 0;
  const middle = starts[reach] ?? 0;
  for (let value = 0; value < run; value++) {
    let sum = (from[middle + value] ?? 0) * centre;
    for (let distance = 1; distance <= reach; distance++) {
      sum += ((from[(starts[reach - distance] ?? 0) + value] ?? 0) + (from[(starts[reach + distance] ?? 0) + value] ?? 0)) * (kernel[distance] ?? 0);
    }
    to[start + value] = sum;
  }
}

/** d c b a | a b c d | d c b a, as often as needed. */
function mirrored(position: number, count: number): number {
  const period = 2 * count;
  const within = ((position % period) + period) % period;
  return within < count ? within : period - 1 - within;
}

/** cv2.GaussianBlur(grey, (3, 3), 0): [1 2 1] / 4 both ways, rounded, the image mirrored about its edge pixels. */
export function gaussianBlur3(grey: ByteRaster, task?: RasterTask): ByteRaster {
  const { width, height, data } = grey;
  assertLength('Gaussian blur', width, height, 1, data.length);
  const result = new Uint8Array(data.length);
  const blurRow = (y: number): void => {
    const above = reflected(y - 1, height) * width;
    const own = y * width;
    const below = reflected(y + 1, height) * width;
    const column = (x: number): number => (data[above + x] ?? 0) + 2 * (data[own + x] ?? 0) + (data[below + x] ?? 0);
    for (let x = 0; x < width; x++) {
      result[own + x] = (column(reflected(x - 1, width)) + 2 * column(x) + column(reflected(x + 1, width)) + 8) >> 4;
    }
  };
  for (const [from, to] of runsOf(height, width, task)) for (let y = from; y < to; y++) blurRow(y);
  checkpoint(task, 1);
  return { width, height, data: result };
}

/** c b | a b c | b a: BORDER_REFLECT_101 for one step beyond the edge. */
export function reflected(position: number, count: number): number {
  if (count === 1) return 0;
  return position < 0 ? -position : position >= count ? 2 * count - 2 - position : position;
}
