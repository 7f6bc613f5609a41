import { assertLength, badInput } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import { sobel } from '../filter/sobel.ts';
import type { ByteRaster } from '../rasters.ts';
import { checkpoint, partOf, runsOf, type RasterTask } from '../raster-task.ts';

/** Cost of a step is the mean cost of its two pixels times its length, so the cheapest way follows strong edges. */
export interface LiveWireCosts {
  readonly width: number; // px
  readonly height: number; // px
  readonly data: Float32Array; // [height * width], each at least 1
}

/** Cheapest ways from one pixel to all others. */
export interface LiveWireMap {
  readonly width: number;
  readonly height: number;
  readonly seed: number; // y * width + x
  readonly cost: Float64Array; // [height * width]; Infinity beyond the reach
  readonly previous: Int32Array; // [height * width], the pixel before on the way; −1 at the seed and beyond the reach
}

const EDGE_WEIGHT = 40;

/** 1 on the strongest edge of the image to 41 where there is none, by the gradient's length over its largest. */
export function liveWireCosts(grey: ByteRaster, task?: RasterTask): LiveWireCosts {
  const { width, height, dx, dy } = sobel(grey, 'repeat', partOf(task, 0, 0.5));
  const data = new Float32Array(dx.length);
  let largest = 0;
  for (const [from, to] of runsOf(data.length, 1, partOf(task, 0.5, 0.8))) {
    for (let pixel = from; pixel < to; pixel++) {
      const length = Math.sqrt((dx[pixel] ?? 0) ** 2 + (dy[pixel] ?? 0) ** 2);
      data[pixel] = length;
      if (length > largest) largest = length;
    }
  }
  for (const [from, to] of runsOf(data.length, 1, partOf(task, 0.8, 1))) {
    for (let pixel = from; pixel < to; pixel++) data[pixel] = 1 + EDGE_WEIGHT * (largest === 0 ? 1 : 1 - (data[pixel] ?? 0) / largest);
  }
  checkpoint(task, 1);
  return { width, height, data };
}

/**
 * Dijkstra from the seed over 8 neighbours, at most `reachPx` from it along x and y (default: the whole image; of a fraction the whole part). BAD_REQUEST
 * for a seed outside and a reach that is below 0 or no number.
 */
export function liveWireMap(costs: LiveWireCosts, seed: { readonly x: number; readonly y: number }, reachPx = Infinity, task?: RasterTask): LiveWireMap {
  const { width, height, data } = costs;
  assertLength('live-wire', width, height, 1, data.length);
  assertFitsPixels('live-wire', costs, 42);
  if (!(Number.isInteger(seed.x) && Number.isInteger(seed.y) && seed.x >= 0 && seed.y >= 0 && seed.x < width && seed.y < height)) {
    throw badInput('live-wire', `the seed is (${seed.x}, ${seed.y}); expected a pixel of ${width}×${height}`, 'Begin inside the image.');
  }
  if (!(reachPx >= 0)) throw badInput('live-wire', `reach is ${reachPx}; expected a number from 0`, 'Give reach a value from 0.');
  const reach = Math.floor(reachPx);
  const cost = new Float64Array(data.length).fill(Infinity);
  const previous = new Int32Array(data.length).fill(-1);
  const start = seed.y * width + seed.x;
  const [left, right] = [Math.max(0, seed.x - reach), Math.min(width - 1, seed.x + reach)];
  const [top, bottom] = [Math.max(0, seed.y - reach), Math.min(height - 1, seed.y + reach)];
  cost[start] = 0;
  const queue = new BucketQueue(costs);
  queue.push(start, 0);
  let settled = 0;
  for (let pixel = queue.pop(cost); pixel !== -1; pixel = queue.pop(cost)) {
    if ((settled++ & 0xffff) === 0) checkpoint(task, Math.min(1, settled / data.length));
    const x = pixel % width;
    const y = (pixel - x) / width;
    const here = cost[pixel] ?? 0;
    const own = data[pixel] ?? 0;
    for (let toY = Math.max(top, y - 1); toY <= Math.min(bottom, y + 1); toY++) {
      for (let toX = Math.max(left, x - 1); toX <= Math.min(right, x + 1); toX++) {
        const other = toY * width + toX;
        const length = toX !== x && toY !== y ? Math.SQRT2 : 1;
        const total = here + length * 0.5 * (own + (data[other] ?? 0));
        if (other === pixel || total >= (cost[other] ?? 0)) continue;
        cost[other] = total;
        previous[other] = pixel;
        queue.push(other, total);
      }
    }
  }
  checkpoint(task, 1);
  return { width, height, seed: start, cost, previous };
}

/** The cheapest way from the seed to (x, y), both included: x and y in turn. Empty beyond the map's reach and outside it. BAD_REQUEST for fractions of a pixel. */
export function liveWirePath(map: LiveWireMap, to: { readonly x: number; readonly y: number }): Int32Array {
  if (!(Number.isInteger(to.x) && Number.isInteger(to.y))) {
    throw badInput('live-wire', `the target is (${to.x}, ${to.y}); expected whole numbers`, 'Round it to a pixel.');
  }
  assertLength('live-wire', map.width, map.height, 1, map.cost.length);
  assertLength('live-wire', map.width, map.height, 1, map.previous.length);
  const target = to.y * map.width + to.x;
  if (to.x < 0 || to.y < 0 || to.x >= map.width || to.y >= map.height || map.cost[target] === Infinity) return new Int32Array(0);
  const pixels: number[] = [];
  for (let at = target; at !== -1; at = map.previous[at] ?? -1) pixels.push(at);
  return Int32Array.from(pixels.reverse().flatMap((pixel) => [pixel % map.width, Math.floor(pixel / map.width)]));
}

/** Pixels by cost in buckets no wider than the cheapest step: whatever lies in the lowest bucket is settled. */
class BucketQueue {
  readonly #buckets: number[][] = [];
  readonly #width: number;
  #lowest = 0;

  constructor({ data }: LiveWireCosts) {
    let least = Infinity;
    for (const cost of data) if (cost < least) least = cost;
    if (!(least > 0)) throw badInput('live-wire', `a cost is ${least}; expected numbers above 0`, 'Give every pixel a cost above 0.');
    this.#width = least;
  }

  push(pixel: number, cost: number): void {
    const index = Math.floor(cost / this.#width);
    while (this.#buckets.length <= index) this.#buckets.push([]);
    this.#buckets[index]?.push(pixel);
  }

  /** The next pixel whose cost is final, or −1. A pixel that has since been reached more cheaply is passed over. */
  pop(cost: Float64Array): number {
    for (; this.#lowest < this.#buckets.length; this.#lowest++) {
      const bucket = this.#buckets[this.#lowest] ?? [];
      for (let pixel = bucket.pop(); pixel !== undefined; pixel = bucket.pop()) {
        if (Math.floor((cost[pixel] ?? 0) / this.#width) === this.#lowest) return pixel;
      }
    }
    return -1;
  }
}
