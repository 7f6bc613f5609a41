import { partOf, runsOf, type RasterTask } from '../raster-task.ts';

/**
 * Fast high-dimensional Gaussian filtering on the permutohedral lattice (Adams, Baek, Davis 2010), after the float32
 * implementation in lucasb-eyer/pydensecrf (densecrf/src/permutohedral.cpp): out ≈ Σ_j exp(−½ |f_i − f_j|²) · in_j, up to the constant
 * that the reference leaves in as well.
 *
 * Building finds every point's simplex once; filtering is then three passes over flat arrays: splat, blur, slice.
 */

const fround = Math.fround;
const EMPTY = -1;
const NOTHING = new Float32Array(0);

/** Which values of each point are filtered, and what each point is multiplied with before and after. */
export interface FilterPass {
  readonly stride: number;
  readonly first: number;
  readonly count: number;
  readonly before: Float32Array; // [points]
  readonly after: Float32Array; // [points]
}

/** Vertices of the lattice by their integer coordinates: open addressing over flat arrays. */
class VertexTable {
  readonly dimensions: number;
  keys: Int32Array; // [capacity / 2, dimensions]
  count = 0;
  #slots: Int32Array;

  constructor(dimensions: number, expected: number) {
    this.dimensions = dimensions;
    let capacity = 1024;
    while (capacity < expected * 2) capacity *= 2;
    this.#slots = new Int32Array(capacity).fill(EMPTY);
    this.keys = new Int32Array((capacity / 2) * dimensions);
  }

  /** Number of the vertex at `key`; adds it when absent. */
  add(key: Int32Array): number {
    const slot = this.#slotOf(key);
    const found = this.#slots[slot] ?? EMPTY;
    if (found !== EMPTY) return found;
    const vertex = this.count++;
    this.#slots[slot] = vertex;
    const start = vertex * this.dimensions;
    for (let axis = 0; axis < this.dimensions; axis++) this.keys[start + axis] = key[axis] ?? 0;
    if (this.count * 2 >= this.#slots.length) this.#grow();
    return vertex;
  }

  /** Number of the vertex at `key`, or -1. */
  find(key: Int32Array): number {
    return this.#slots[this.#slotOf(key)] ?? EMPTY;
  }

  /** The slot that holds `key`, or the empty one where it belongs. */
  #slotOf(key: Int32Array): number {
    const { dimensions, keys } = this;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hash = 0;
    for (let axis = 0; axis < dimensions; axis++) hash = Math.imul(hash + (key[axis] ?? 0), 0x9e3779b1);
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const vertex = slots[slot] ?? EMPTY;
      if (vertex === EMPTY) return slot;
      const start = vertex * dimensions;
      let axis = 0;
      while (axis < dimensions && keys[start + axis] === key[axis]) axis += 1;
      if (axis === dimensions) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const keys = new Int32Array(this.keys.length * 2);
    keys.set(this.keys);
    this.keys = keys;
    this.#slots = new Int32Array(this.#slots.length * 2).fill(EMPTY);
    const key = new Int32Array(this.dimensions);
    for (let vertex = 0; vertex < this.count; vertex++) {
      for (let axis = 0; axis < this.dimensions; axis++) key[axis] = keys[vertex * this.dimensions + axis] ?? 0;
      this.#slots[this.#slotOf(key)] = vertex;
    }
  }
}

export class PermutohedralLattice {
  readonly dimensions: number;
  readonly points: number;
  readonly vertices: number;
  /** Vertex + 1 of each corner of each point's simplex; 0 stands for "no such vertex" and always holds the value 0. */
  readonly corners: Int32Array; // [points, dimensions + 1]
  readonly weights: Float32Array; // [points, dimensions + 1], barycentric
  /** Vertex + 1 of both neighbours along each axis. */
  readonly neighbours: Int32Array; // [dimensions + 1, vertices, 2]
  /** What slicing multiplies with, so that a lone point keeps about its own value. */
  readonly sliceFactor: number;
  #values: Float32Array = NOTHING; // [vertices + 1, count]
  #blurred: Float32Array = NOTHING; // [vertices + 1, count]

  /** `features`: [points, dimensions], already divided by the kernel's standard deviations; 2 or 5 dimensions. */
  constructor(features: Float32Array, dimensions: 2 | 5, task?: RasterTask) {
    const points = features.length / dimensions;
    if (!Number.isInteger(points))
      throw new RangeError(`lattice: ${features.length} values do not fill points of ${dimensions} dimensions`);
    this.dimensions = dimensions;
    this.points = points;
    this.sliceFactor = 1 / (1 + 2 ** -dimensions);
    this.corners = new Int32Array(points * (dimensions + 1));
    this.weights = new Float32Array(points * (dimensions + 1));
    const table = new VertexTable(dimensions, points);
    this.#locate(features, table, partOf(task, 0, 0.6));
    this.vertices = table.count;
    this.neighbours = findNeighbours(table, partOf(task, 0.6, 1));
  }

  /**
   * Filters `count` values of each point, from `first` on, of points that hold `stride` values each, and adds the result to `output`:
   * output[p, v] += after[p] · Σ_j exp(−½ |f_p − f_j|²) · before[j] · input[j, v]. `input` and `output` are [points, stride].
   */
  filterAdd(input: Float32Array, output: Float32Array, pass: FilterPass, task?: RasterTask): void {
    const size = (this.vertices + 1) * pass.count;
    if (this.#values.length < size) {
      this.#values = new Float32Array(size);
      this.#blurred = new Float32Array(size);
    }
    this.#values.fill(0, 0, size);
    const steps = this.dimensions + 3;
    const stepOf = (step: number): RasterTask | undefined => partOf(task, step / steps, (step + 1) / steps);
    this.#transfer(false, input, pass, pass.before, 1, stepOf(0));
    for (let axis = 0; axis <= this.dimensions; axis++) this.#blur(axis, pass.count, stepOf(axis + 1));
    this.#transfer(true, output, pass, pass.after, this.sliceFactor, stepOf(steps - 1));
  }

  /** Lets go of the memory of the last filtering; the next one takes it anew. */
  release(): void {
    this.#values = this.#blurred = NOTHING;
  }

  /** Finds each point's enclosing simplex, its corners and barycentric weights. All steps in float32, as the reference. */
  #locate(features: Float32Array, table: VertexTable, task: RasterTask | undefined): void {
    const d = this.dimensions;
    const corners = this.corners;
    const weights = this.weights;
    const inverse = fround(1 / (d + 1));
    const deviation = fround(Math.sqrt(2 / 3) * (d + 1));
    const scale = Float32Array.from({ length: d }, (_, axis) => (1 / Math.sqrt((axis + 2) * (axis + 1))) * deviation);
    const elevated = new Float32Array(d + 1);
    const nearest = new Float32Array(d + 1);
    const rest = new Float32Array(d + 1);
    const rank = new Int32Array(d + 1);
    const barycentric = new Float32Array(d + 2);
    const key = new Int32Array(d);
    for (const [from, to] of runsOf(this.points, d, task)) {
      for (let point = from; point < to; point++) {
        // Onto the hyperplane Σ = 0 of d + 1 dimensions (p. 5 of the paper).
        let sum = 0;
        for (let axis = d; axis > 0; axis--) {
          const scaled = fround((features[point * d + axis - 1] ?? 0) * (scale[axis - 1] ?? 0));
          elevated[axis] = sum - fround(axis * scaled);
          sum = fround(sum + scaled);
        }
        elevated[0] = sum;
        // The nearest point whose coordinates are multiples of d + 1, and how far off the plane it is.
        let offPlane = 0;
        for (let axis = 0; axis <= d; axis++) {
          const multiple = roundHalfEven(fround((elevated[axis] ?? 0) * inverse));
          nearest[axis] = multiple * (d + 1);
          rest[axis] = (elevated[axis] ?? 0) - (nearest[axis] ?? 0);
          offPlane += multiple;
        }
        rankDescending(rest, rank);
        for (let axis = 0; axis <= d; axis++) {
          const moved = (rank[axis] ?? 0) + offPlane;
          const step = moved < 0 ? d + 1 : moved > d ? -(d + 1) : 0;
          rank[axis] = moved + step;
          nearest[axis] = (nearest[axis] ?? 0) + step;
        }
        // Barycentric coordinates (p. 10 of the paper).
        barycentric.fill(0);
        for (let axis = 0; axis <= d; axis++) {
          const share = fround(fround((elevated[axis] ?? 0) - (nearest[axis] ?? 0)) * inverse);
          const position = d - (rank[axis] ?? 0);
          barycentric[position] = (barycentric[position] ?? 0) + share;
          barycentric[position + 1] = (barycentric[position + 1] ?? 0) - share;
        }
        barycentric[0] = fround((barycentric[0] ?? 0) + fround(1 + (barycentric[d + 1] ?? 0)));
        for (let corner = 0; corner <= d; corner++) {
          for (let axis = 0; axis < d; axis++) {
            key[axis] = (nearest[axis] ?? 0) + ((rank[axis] ?? 0) <= d - corner ? corner : corner - (d + 1));
          }
          corners[point * (d + 1) + corner] = table.add(key) + 1;
          weights[point * (d + 1) + corner] = barycentric[corner] ?? 0;
        }
      }
    }
  }

  /** Between the corners' values and those of their points, by the corners' weights and factors[point] · scale: `gathers` adds to the points, else to the corners. */
  #transfer(gathers: boolean, ofPoints: Float32Array, { stride, first, count }: FilterPass, factors: Float32Array, scale: number, task: RasterTask | undefined): void {
    const { corners, weights } = this;
    const values = this.#values;
    const from = gathers ? values : ofPoints;
    const to = gathers ? ofPoints : values;
    const perPoint = this.dimensions + 1;
    for (const [begin, end] of runsOf(corners.length, count, task)) {
      for (let corner = begin; corner < end; corner++) {
        const point = Math.floor(corner / perPoint);
        const weight = (weights[corner] ?? 0) * (factors[point] ?? 0) * scale;
        const atCorner = (corners[corner] ?? 0) * count;
        const atPoint = point * stride + first;
        const read = gathers ? atCorner : atPoint;
        const written = gathers ? atPoint : atCorner;
        for (let value = 0; value < count; value++) to[written + value] = (to[written + value] ?? 0) + weight * (from[read + value] ?? 0);
      }
    }
  }

  #blur(axis: number, count: number, task: RasterTask | undefined): void {
    const from = this.#values;
    const to = this.#blurred;
    const neighbours = this.neighbours;
    to.fill(0, 0, count);
    let at = axis * this.vertices * 2;
    for (const [begin, end] of runsOf(this.vertices, count, task)) {
      for (let vertex = begin + 1; vertex <= end; vertex++, at += 2) {
        const own = vertex * count;
        const back = (neighbours[at] ?? 0) * count;
        const forth = (neighbours[at + 1] ?? 0) * count;
        for (let value = 0; value < count; value++) {
          to[own + value] = (from[own + value] ?? 0) + 0.5 * ((from[back + value] ?? 0) + (from[forth + value] ?? 0));
        }
      }
    }
    this.#values = to;
    this.#blurred = from;
  }
}

/** rank[i] = how many entries are larger; of equal ones the earlier ranks behind, as in the reference. */
function rankDescending(values: Float32Array, rank: Int32Array): void {
  rank.fill(0);
  for (let i = 0; i < values.length - 1; i++) {
    for (let j = i + 1; j < values.length; j++) {
      if ((values[i] ?? 0) < (values[j] ?? 0)) rank[i] = (rank[i] ?? 0) + 1;
      else rank[j] = (rank[j] ?? 0) + 1;
    }
  }
}

/** As the reference's SSE rounding. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && (floor & 1) === 1)) return floor + 1;
  return floor;
}

/** Along axis j one neighbour is all coordinates − 1 but coordinate j + d, the other its opposite. [d + 1, vertices, 2] of vertex + 1. */
function findNeighbours(table: VertexTable, task: RasterTask | undefined): Int32Array {
  const d = table.dimensions;
  const { count, keys } = table;
  const neighbours = new Int32Array((d + 1) * count * 2);
  const key = new Int32Array(d);
  for (let axis = 0; axis <= d; axis++) {
    const start = axis * count * 2;
    for (const [from, to] of runsOf(count, d, partOf(task, axis / (d + 1), (axis + 1) / (d + 1)))) {
      for (let vertex = from; vertex < to; vertex++) {
        for (let k = 0; k < d; k++) key[k] = (keys[vertex * d + k] ?? 0) - 1;
        if (axis < d) key[axis] = (keys[vertex * d + axis] ?? 0) + d;
        const neighbour = table.find(key);
        if (neighbour === EMPTY) continue;
        // If n lies one step forward of v, v lies one step back of n: one search serves both.
        neighbours[start + vertex * 2] = neighbour + 1;
        neighbours[start + neighbour * 2 + 1] = vertex + 1;
      }
    }
  }
  return neighbours;
}
