import { assertWhole, badInput } from '../bad-input.ts';
import type { ImageRegion } from '../image-region.ts';
import { assertFits } from '../memory.ts';
import { assertPlanes, type Planes, type Size } from '../planes.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';
import type { Compatibility, CrfParameters } from './crf-rows.ts';
import { deviationsIn, makeKernel, type Kernel, type KernelSettings } from './kernels.ts';
import { makeEngine, type MeanFieldEngine } from './mean-field-engine.ts';

/**
 * The fully connected CRF of Krähenbühl and Koltun (2011) by mean field on the permutohedral lattice, in the form of
 * lucasb-eyer/pydensecrf that the weak-supervision literature runs (methods/refine.md §0.4).
 */

/** Energies, Q, its successor and the result, in float32. */
const BYTES_A_LABEL = 4 * 4;
/** Both lattices with what they are made from, on a photo. */
const BYTES_A_PIXEL = 180;

/** Throws BAD_REQUEST when a CRF of that many labels would take more memory than is allowed. To be asked before energies are made. */
export function assertCrfFits({ width, height }: Size, labels: number): void {
  assertFits(
    'dense CRF',
    `${labels} labels on ${width}×${height} px`,
    width * height * (labels * BYTES_A_LABEL + BYTES_A_PIXEL),
    'Run it on a smaller image, or over the labels that the image has alone.',
  );
}

/**
 * The CRF of one image. Its lattices depend on the image, the standard deviations and the normalisation alone and are kept, so that other unaries,
 * weights and numbers of iterations start at once.
 */
export class DenseCrf {
  readonly #image: ImageRegion;
  readonly #kernels = new Map<string, Kernel>();

  readonly #engine: 'plain' | undefined;

  /** `engine` keeps to TypeScript, for tests. */
  constructor(image: ImageRegion, engine?: 'plain') {
    this.#image = image;
    this.#engine = engine;
  }

  /**
   * Label probabilities after mean field: Q ← softmax(−U − Σ_m compat_m(K̃_m Q)), `iterations` times from Q = softmax(−U).
   * `unary` are energies [L, H, W] at the size of the image; the result is [L, H, W]. An energy of +Infinity forbids a label.
   * Throws BAD_REQUEST for NaN or −Infinity, a pixel whose labels are all forbidden, and sizes that do not fit; RUN_CANCELLED.
   */
  infer(unary: Planes, parameters: CrfParameters, task?: RasterTask): Planes {
    const { width, height } = this.#image;
    const { count } = unary;
    const pixels = width * height;
    this.#check(unary, parameters);
    checkpoint(task, 0);
    if (pixels === 0) return { count, width, height, data: new Float32Array(0) };
    const settings = parameters.iterations === 0 || count === 1 ? [] : [parameters.gaussian, parameters.bilateral].filter((one) => one !== null);
    // Building the lattices takes about as long as an iteration.
    const turns = parameters.iterations + 1;
    const first = partOf(task, 0, 1 / turns);
    const kernels = settings.map((one, index) => this.#kernel(one, partOf(first, (0.8 * index) / settings.length, (0.8 * (index + 1)) / settings.length)));
    const engine = makeEngine(kernels, { points: pixels, count, mixes: settings.some(({ compat }) => typeof compat !== 'number') }, partOf(first, 0.8, 0.9), this.#engine);
    negatedRows(unary, engine, partOf(first, 0.9, 0.95));
    engine.softmax(partOf(first, 0.95, 1));
    for (let iteration = 0; iteration < (kernels.length === 0 ? 0 : parameters.iterations); iteration++) {
      const turn = partOf(task, (iteration + 1) / turns, (iteration + 2) / turns);
      negatedRows(unary, engine, partOf(turn, 0, 0.1));
      for (const [index, { compat }] of settings.entries()) {
        const part = partOf(turn, 0.1 + (0.8 * index) / settings.length, 0.1 + (0.8 * (index + 1)) / settings.length);
        if (typeof compat === 'number') {
          engine.addFiltered(index, 'logits', compat, part); // Potts: agreement costs −compat
        } else {
          engine.mixed.fill(0);
          engine.addFiltered(index, 'mixed', 1, partOf(part, 0, 0.7));
          subtractMixed(engine, compat, count, partOf(part, 0.7, 1));
        }
      }
      engine.softmax(partOf(turn, 0.9, 1));
    }
    const data = toPlanes(engine.q, engine.stride, count);
    checkpoint(task, 1);
    return { count, width, height, data };
  }

  /** The kernel for these settings, made or kept. Of those not asked for last, none is kept: a lattice takes 100 bytes a pixel and more. */
  #kernel(settings: KernelSettings, task: RasterTask | undefined): Kernel {
    const { srgb, normalisation = 'symmetric' } = settings;
    const deviations = deviationsIn(settings);
    const kind = srgb === undefined ? 'position' : 'colour';
    const key = `${kind} ${normalisation} ${deviations.join(' ')}`;
    const found = this.#kernels.get(key);
    if (found !== undefined) return found;
    for (const other of this.#kernels.keys()) if (other.startsWith(kind)) this.#kernels.delete(other);
    const kernel = makeKernel(this.#image, deviations, normalisation, task);
    this.#kernels.set(key, kernel);
    return kernel;
  }

  #check(unary: Planes, parameters: CrfParameters): void {
    const { width, height } = this.#image;
    assertPlanes(unary);
    if (unary.width !== width || unary.height !== height) {
      throw badInput('dense CRF', `labels or scores are ${unary.width}×${unary.height} px; expected the photo's ${width}×${height}`, 'Give those of this photo, or resize them.');
    }
    assertWhole('dense CRF', 'iterations', parameters.iterations, 0, 10_000);
    if (unary.count === 0 && width * height > 0) throw badInput('dense CRF', 'no labels', 'Give energies of at least one label.');
    assertCrfFits(unary, unary.count);
    checkRegion(this.#image);
    for (const settings of [parameters.gaussian, parameters.bilateral]) {
      if (settings === null) continue;
      // Also where no iteration or no second label will ask for them.
      deviationsIn(settings);
      checkCompatibility(settings.compat, unary.count);
    }
    checkEnergies(unary);
  }
}

/** What a CRF of one image is run with. */
export interface CrfRun {
  readonly unary: Planes; // [L, H, W]
  readonly parameters: CrfParameters;
}

/** Label probabilities of one image for each of `runs`, which share its lattices: bit for bit those of as many calls of `denseCrf`. */
export function denseCrfRuns(image: ImageRegion, runs: readonly CrfRun[], task?: RasterTask): Planes[] {
  const crf = new DenseCrf(image);
  const results = runs.map(({ unary, parameters }, index) => crf.infer(unary, parameters, partOf(task, index / runs.length, (index + 1) / runs.length)));
  checkpoint(task, 1);
  return results;
}

/** Label probabilities of one image, once. See `DenseCrf.infer`. */
export function denseCrf(image: ImageRegion, unary: Planes, parameters: CrfParameters, task?: RasterTask): Planes {
  return new DenseCrf(image).infer(unary, parameters, task);
}

/** Throws unless the region lies within its image, as far as the image's data go. */
function checkRegion({ data, imageWidth, x0, y0, width, height }: ImageRegion): void {
  const whole = [imageWidth, x0, y0, width, height].every((value) => Number.isInteger(value) && value >= 0);
  if (whole && x0 + width <= imageWidth && data.length % (3 * Math.max(1, imageWidth)) === 0 && (y0 + height) * imageWidth * 3 <= data.length) return;
  throw badInput(
    'dense CRF',
    `${width}×${height} px at (${x0}, ${y0}) of a photo of ${data.length} values, ${imageWidth} px wide; expected a part of it`,
    'Pass the photo as RGB, three values a pixel, with its own width.',
  );
}

function checkCompatibility(compat: Compatibility, count: number): void {
  const rows: readonly (number | readonly number[])[] = typeof compat === 'number' ? [compat] : compat;
  const fits =
    (typeof compat === 'number' || rows.length === count) &&
    rows.every((row) => (typeof row === 'number' ? Number.isFinite(row) : row.length === count && row.every(Number.isFinite))) &&
    rows.every((row) => typeof row === typeof rows[0]);
  const given = typeof compat === 'number' ? `${compat}` : `${rows.length} rows`;
  if (!fits) throw badInput('dense CRF', `compat is ${given}, which does not fit ${count} labels; expected finite numbers`, `Give one finite number, ${count}, or ${count} rows of ${count}.`);
}

function checkEnergies({ count, width, height, data }: Planes): void {
  const pixels = width * height;
  for (let at = 0; at < data.length; at++) {
    const energy = data[at] ?? 0;
    if (energy > -Infinity) continue; // false for NaN too
    const place = `label ${Math.floor(at / pixels)} at x = ${at % width}, y = ${Math.floor((at % pixels) / width)}`;
    throw badInput('dense CRF', `the energy of ${place} is ${energy}; expected a number`, 'Look where the scores come from.');
  }
  for (let pixel = 0; pixel < pixels; pixel++) {
    let plane = 0;
    while (plane < count && data[plane * pixels + pixel] === Infinity) plane += 1;
    if (plane < count) continue;
    const place = `x = ${pixel % width}, y = ${Math.floor(pixel / width)}`;
    throw badInput('dense CRF', `every label is forbidden at ${place}`, 'Leave at least one label a finite energy.');
  }
}

/** Pixels whose rows are filled label by label before the next are: they stay in the processor's nearest cache. */
const PIXELS_AT_ONCE = 64;

/** [L, H, W] → [H * W, stride], negated, into the engine's logits; fillers are forbidden. */
function negatedRows({ count, data }: Planes, { logits, stride }: MeanFieldEngine, task: RasterTask | undefined): void {
  const pixels = data.length / count;
  const fill = (first: number, end: number): void => {
    for (let plane = 0; plane < count; plane++) {
      const start = plane * pixels;
      for (let pixel = first, at = first * stride + plane; pixel < end; pixel++, at += stride) logits[at] = -(data[start + pixel] ?? 0);
    }
    for (let plane = count; plane < stride; plane++) {
      for (let at = first * stride + plane; at < end * stride; at += stride) logits[at] = -Infinity;
    }
  };
  for (const [from, to] of runsOf(pixels, stride, task)) {
    for (let first = from; first < to; first += PIXELS_AT_ONCE) fill(first, Math.min(to, first + PIXELS_AT_ONCE));
  }
}

/** [H * W, stride] → [L, H, W]. */
function toPlanes(rows: Float32Array, stride: number, count: number): Float32Array {
  const pixels = rows.length / stride;
  const planes = new Float32Array(pixels * count);
  for (let first = 0; first < pixels; first += PIXELS_AT_ONCE) {
    const end = Math.min(pixels, first + PIXELS_AT_ONCE);
    for (let plane = 0; plane < count; plane++) {
      const start = plane * pixels;
      for (let pixel = first, at = first * stride + plane; pixel < end; pixel++, at += stride) planes[start + pixel] = rows[at] ?? 0;
    }
  }
  return planes;
}

/** logits −= compat · mixed, by label. A matrix counts as (M + Mᵀ) / 2, as in the reference. */
function subtractMixed({ logits, mixed, stride }: MeanFieldEngine, compat: Exclude<Compatibility, number>, count: number, task: RasterTask | undefined): void {
  const weight = (row: number, column: number): number => {
    const [a, b] = [compat[row], compat[column]];
    if (typeof a === 'number') return row === column ? a : 0;
    return ((a?.[column] ?? 0) + (typeof b === 'object' ? (b[row] ?? 0) : 0)) / 2;
  };
  const weights = Float32Array.from({ length: count * count }, (_, at) => weight(Math.floor(at / count), at % count));
  const subtractAt = (start: number): void => {
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let column = 0; column < count; column++) sum += (weights[row * count + column] ?? 0) * (mixed[start + column] ?? 0);
      logits[start + row] = (logits[start + row] ?? 0) - sum;
    }
  };
  for (const [from, to] of runsOf(logits.length / stride, count * count, task)) for (let point = from; point < to; point++) subtractAt(point * stride);
}
