import { assertFits } from '../memory.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';
import { Placing, WasmLoops } from '../wasm-loops.ts';
import type { Kernel } from './kernels.ts';
import { MEAN_FIELD_WASM } from './mean-field-wasm.ts';
import { softmaxRows } from './softmax.ts';

/**
 * Memory and inner loops of mean field. Both engines hold Q and its successor as [H * W, stride]: all labels of a pixel lie together.
 * WebAssembly with SIMD is three times as fast as TypeScript; where it may not run (a page's policy, an old browser), TypeScript does.
 */
export interface MeanFieldEngine {
  /** Labels, filled up to what the engine likes; the fillers' probability stays 0. */
  readonly stride: number;
  readonly q: Float32Array; // [H * W, stride]
  readonly logits: Float32Array; // [H * W, stride]
  /** For compatibilities that mix labels; empty without such. */
  readonly mixed: Float32Array; // [H * W, stride]
  /** target += factor · K̃ q by kernel number `kernel`. */
  addFiltered(kernel: number, target: 'logits' | 'mixed', factor: number, task?: RasterTask): void;
  /** q = softmax(logits). */
  softmax(task?: RasterTask): void;
}

/** Labels filtered at once: more gain no speed, and the lattice's memory grows with them. */
const LABELS_AT_ONCE = 32;

interface EngineSize {
  readonly points: number;
  readonly count: number;
  /** Whether `mixed` is needed. */
  readonly mixes: boolean;
}

/** `engine` forces one, for tests. */
export function makeEngine(kernels: readonly Kernel[], size: EngineSize, task?: RasterTask, engine?: 'plain'): MeanFieldEngine {
  assertEngineFits(kernels, size);
  return (engine === 'plain' ? null : wasmEngine(kernels, size, task)) ?? plainEngine(kernels, size);
}

/** How many vertices the lattices have was not known before: noise makes many. */
function assertEngineFits(kernels: readonly Kernel[], { points, count, mixes }: EngineSize): void {
  const stride = Math.ceil(count / 4) * 4;
  const vertices = Math.max(0, ...kernels.map(({ lattice }) => lattice.vertices));
  const lattices = kernels.reduce((sum, { lattice }) => sum + lattice.corners.length + lattice.weights.length + lattice.neighbours.length + 2 * points, 0);
  // The lattices and their copies, energies and result, Q and its successor, and the vertices' values before and after a step.
  const bytes = 4 * (2 * lattices + points * (2 * count + (mixes ? 3 : 2) * stride) + 2 * vertices * Math.min(LABELS_AT_ONCE, stride));
  assertFits('dense CRF', `${count} labels on ${points} px, whose lattice has ${vertices} vertices,`, bytes, 'Run it on a smaller image, or with larger deviations.');
}

function plainEngine(kernels: readonly Kernel[], { points, count, mixes }: EngineSize): MeanFieldEngine {
  const q = new Float32Array(points * count);
  const logits = new Float32Array(points * count);
  const mixed = new Float32Array(mixes ? points * count : 0);
  return {
    stride: count,
    q,
    logits,
    mixed,
    addFiltered(kernel, target, factor, task) {
      const { lattice, before, after } = kernels[kernel] ?? missingKernel(kernel);
      const scaled = after.map((value) => value * factor);
      for (let first = 0; first < count; first += LABELS_AT_ONCE) {
        const labels = Math.min(LABELS_AT_ONCE, count - first);
        const pass = { stride: count, first, count: labels, before, after: scaled };
        lattice.filterAdd(q, target === 'logits' ? logits : mixed, pass, partOf(task, first / count, (first + labels) / count));
      }
      lattice.release();
    },
    softmax(task) {
      for (const [from, to] of runsOf(points, count, task)) softmaxRows(logits.subarray(from * count, to * count), q.subarray(from * count, to * count), count);
    },
  };
}

interface Loops {
  splat(input: number, values: number, corners: number, weights: number, before: number, points: number, perPoint: number, stride: number, count: number): void;
  blur(from: number, to: number, neighbours: number, first: number, end: number, count: number): void;
  slice(values: number, output: number, corners: number, weights: number, after: number, points: number, perPoint: number, stride: number, count: number, scale: number): void;
  softmax(logits: number, result: number, points: number, count: number): void;
}

const LOOPS = new WasmLoops<Loops>(MEAN_FIELD_WASM);

/** Null where WebAssembly with SIMD is not to be had, or the memory is more than it can address. */
function wasmEngine(kernels: readonly Kernel[], { points, count, mixes }: EngineSize, task: RasterTask | undefined): MeanFieldEngine | null {
  const stride = Math.ceil(count / 4) * 4;
  const atOnce = Math.min(LABELS_AT_ONCE, stride);
  const placing = new Placing();
  const place = (values: number): number => placing.place(values * 4);
  const q = place(points * stride);
  const logits = place(points * stride);
  const mixed = place(mixes ? points * stride : 0);
  const places = kernels.map(({ lattice, before, after }) => ({
    corners: place(lattice.corners.length),
    weights: place(lattice.weights.length),
    neighbours: place(lattice.neighbours.length),
    before: place(before.length),
    after: place(after.length),
  }));
  const valuesLength = Math.max(0, ...kernels.map(({ lattice }) => (lattice.vertices + 1) * atOnce));
  const spare = [place(valuesLength), place(valuesLength)] as const;
  const started = LOOPS.start(placing.bytes);
  if (started === null) return null;
  const { memory, loops } = started;
  for (const [index, { lattice, before, after }] of kernels.entries()) {
    const at = places[index] ?? missingKernel(index);
    checkpoint(task, index / kernels.length);
    new Int32Array(memory.buffer, at.corners, lattice.corners.length).set(lattice.corners);
    checkpoint(task, (index + 0.4) / kernels.length);
    new Float32Array(memory.buffer, at.weights, lattice.weights.length).set(lattice.weights);
    checkpoint(task, (index + 0.8) / kernels.length);
    new Int32Array(memory.buffer, at.neighbours, lattice.neighbours.length).set(lattice.neighbours);
    new Float32Array(memory.buffer, at.before, before.length).set(before);
    new Float32Array(memory.buffer, at.after, after.length).set(after);
  }
  return {
    stride,
    q: new Float32Array(memory.buffer, q, points * stride),
    logits: new Float32Array(memory.buffer, logits, points * stride),
    mixed: new Float32Array(memory.buffer, mixed, mixes ? points * stride : 0),
    addFiltered(kernel, target, factor, task) {
      const { lattice } = kernels[kernel] ?? missingKernel(kernel);
      const at = places[kernel] ?? missingKernel(kernel);
      const perPoint = lattice.dimensions + 1;
      const steps = perPoint + 2;
      for (let first = 0; first < stride; first += LABELS_AT_ONCE) {
        const labels = Math.min(LABELS_AT_ONCE, stride - first);
        let [values, blurred] = spare;
        const own = partOf(task, first / stride, (first + labels) / stride);
        const runsOfStep = (step: number, count: number) => runsOf(count, labels, partOf(own, step / steps, (step + 1) / steps));
        new Float32Array(memory.buffer, values, (lattice.vertices + 1) * labels).fill(0);
        for (const [from, to] of runsOfStep(0, points)) {
          const corners = from * perPoint * 4;
          loops.splat(q + (from * stride + first) * 4, values, at.corners + corners, at.weights + corners, at.before + from * 4, to - from, perPoint, stride, labels);
        }
        for (let axis = 0; axis < perPoint; axis++) {
          const neighbours = at.neighbours + axis * lattice.vertices * 8;
          for (const [from, to] of runsOfStep(axis + 1, lattice.vertices)) loops.blur(values, blurred, neighbours, from, to, labels);
          [values, blurred] = [blurred, values];
        }
        const output = target === 'logits' ? logits : mixed;
        for (const [from, to] of runsOfStep(steps - 1, points)) {
          const corners = from * perPoint * 4;
          loops.slice(values, output + (from * stride + first) * 4, at.corners + corners, at.weights + corners, at.after + from * 4, to - from, perPoint, stride, labels, factor * lattice.sliceFactor);
        }
      }
    },
    softmax(task) {
      for (const [from, to] of runsOf(points, stride, task)) loops.softmax(logits + from * stride * 4, q + from * stride * 4, to - from, stride);
    },
  };
}

function missingKernel(index: number): never {
  throw new RangeError(`dense CRF: there is no kernel ${index}`);
}
