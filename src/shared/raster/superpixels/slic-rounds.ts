import { Placing, WasmLoops } from '../wasm-loops.ts';
import { SLIC_WASM } from './slic-wasm.ts';

interface ClusteringSize {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  /** Of a squared distance in the image, against one in colour. */
  readonly spatialWeight: number;
}

/** The arrays of SLIC's k-means and its two steps; both engines give the same to the last bit. */
export interface Clustering extends ClusteringSize {
  readonly features: Float64Array; // [3, H * W]
  readonly labels: Int32Array; // [H * W], the cluster of each pixel
  readonly centres: Float64Array; // [count, 5]: y, x, and colour
  readonly windows: Int32Array; // [count, 4]: y from, y to, x from, x to: where each cluster looks
  /** Gives each pixel to the nearest of the clusters in whose windows it lies; of equals the first has it, as in the reference. */
  reassign(): void;
  /** Each centre becomes the mean of its pixels; NaN without any. */
  recentre(): void;
}

/** Sides of the squares of pixels that are passed over together where their clusters are all nearer than the one looked at. */
const TILE_PX = 8;
/** The same in WebAssembly, which goes over four pixels at once. */
const WASM_TILE_PX = 4;

/** With arrays that are still to be filled. `engine` keeps to TypeScript, for tests. */
export function startClustering(size: ClusteringSize, engine?: 'plain'): Clustering {
  return (engine === 'plain' ? null : clusteringInWasm(size)) ?? plainClustering(size);
}

function tilesOf({ width, height }: ClusteringSize, sidePx: number): number {
  return Math.ceil(width / sidePx) * Math.ceil(height / sidePx);
}

interface Loops {
  reassign(features: number, labels: number, distance: number, farthest: number, centres: number, windows: number, count: number, width: number, height: number, spatialWeight: number): void;
  recentre(features: number, labels: number, centres: number, members: number, count: number, width: number, height: number): void;
}

const LOOPS = new WasmLoops<Loops>(SLIC_WASM);
/** How far the loops reach beyond an array. */
const MARGIN_BYTES = 24;

/** Null where WebAssembly is not to be had. */
function clusteringInWasm(size: ClusteringSize): Clustering | null {
  const { width, height, count, spatialWeight } = size;
  const pixels = width * height;
  const placing = new Placing();
  const features = placing.place(pixels * 24 + MARGIN_BYTES);
  const labels = placing.place(pixels * 4);
  const distance = placing.place(pixels * 8 + MARGIN_BYTES);
  const farthest = placing.place(tilesOf(size, WASM_TILE_PX) * 8);
  const centres = placing.place(count * 40);
  const windows = placing.place(count * 16);
  const members = placing.place(count * 4);
  const running = LOOPS.borrow(placing.bytes);
  if (running === null) return null;
  const { memory, loops } = running;
  return {
    ...size,
    features: new Float64Array(memory.buffer, features, pixels * 3),
    labels: new Int32Array(memory.buffer, labels, pixels),
    centres: new Float64Array(memory.buffer, centres, count * 5),
    windows: new Int32Array(memory.buffer, windows, count * 4),
    reassign: () => loops.reassign(features, labels, distance, farthest, centres, windows, count, width, height, spatialWeight),
    recentre: () => loops.recentre(features, labels, centres, members, count, width, height),
  };
}

function plainClustering(size: ClusteringSize): Clustering {
  const pixels = size.width * size.height;
  const distance = new Float64Array(pixels);
  const farthest = new Float64Array(tilesOf(size, TILE_PX));
  const members = new Int32Array(size.count);
  const clustering: Clustering = {
    ...size,
    features: new Float64Array(pixels * 3),
    labels: new Int32Array(pixels),
    centres: new Float64Array(size.count * 5),
    windows: new Int32Array(size.count * 4),
    reassign() {
      startFromOwn(clustering, distance);
      farthestOfTiles(distance, size.width, farthest);
      for (let k = 0; k < size.count; k++) takeNearer(k, clustering, distance, farthest);
    },
    recentre: () => recentre(clustering, members),
  };
  return clustering;
}

/** Gives cluster k the pixels of its window that are nearer to it than to what they have. */
function takeNearer(k: number, { features, labels, centres, windows, width, spatialWeight }: Clustering, distance: Float64Array, farthest: Float64Array): void {
  const pixels = labels.length;
  const tiles = Math.ceil(width / TILE_PX);
  const cy = centres[k * 5] ?? 0;
  const cx = centres[k * 5 + 1] ?? 0;
  const c0 = centres[k * 5 + 2] ?? 0;
  const c1 = centres[k * 5 + 3] ?? 0;
  const c2 = centres[k * 5 + 4] ?? 0;
  const yEnd = windows[k * 4 + 1] ?? 0;
  const xStart = windows[k * 4 + 2] ?? 0;
  const xEnd = windows[k * 4 + 3] ?? 0;
  for (let bottom = windows[k * 4] ?? 0; bottom < yEnd; ) {
    const top = bottom;
    const row = Math.floor(top / TILE_PX);
    bottom = Math.min(yEnd, (row + 1) * TILE_PX);
    const above = cy < top ? top - cy : cy > bottom - 1 ? cy - (bottom - 1) : 0;
    for (let right = xStart, column = Math.floor(xStart / TILE_PX); right < xEnd; column++) {
      const left = right;
      right = Math.min(xEnd, (column + 1) * TILE_PX);
      const aside = cx < left ? left - cx : cx > right - 1 ? cx - (right - 1) : 0;
      const most = farthest[row * tiles + column] ?? 0;
      if ((above * above + aside * aside) * spatialWeight > most) continue;
      for (let y = top; y < bottom; y++) {
        const dy = (cy - y) * (cy - y);
        if ((dy + aside * aside) * spatialWeight > most) continue;
        for (let x = left, pixel = y * width + left; x < right; x++, pixel++) {
          const near = distance[pixel] ?? 0;
          const byPlace = (dy + (cx - x) * (cx - x)) * spatialWeight;
          if (byPlace > near) continue;
          const d0 = (features[pixel] ?? 0) - c0;
          const d1 = (features[pixels + pixel] ?? 0) - c1;
          const d2 = (features[2 * pixels + pixel] ?? 0) - c2;
          const total = byPlace + (d0 * d0 + d1 * d1 + d2 * d2);
          if (near > total || (near === total && k < (labels[pixel] ?? 0))) {
            labels[pixel] = k;
            distance[pixel] = total;
          }
        }
      }
    }
  }
}

/** How far each pixel is from the cluster it has; Infinity where that no longer looks so far. Most pixels keep their cluster: few others need a look then. */
function startFromOwn({ features, labels, centres, windows, width, spatialWeight }: Clustering, distance: Float64Array): void {
  const pixels = labels.length;
  for (let pixel = 0, x = 0, y = 0; pixel < pixels; pixel++) {
    const k = labels[pixel] ?? 0;
    const isSeen = y >= (windows[k * 4] ?? 0) && y < (windows[k * 4 + 1] ?? 0) && x >= (windows[k * 4 + 2] ?? 0) && x < (windows[k * 4 + 3] ?? 0);
    const cy = centres[k * 5] ?? 0;
    const cx = centres[k * 5 + 1] ?? 0;
    const d0 = (features[pixel] ?? 0) - (centres[k * 5 + 2] ?? 0);
    const d1 = (features[pixels + pixel] ?? 0) - (centres[k * 5 + 3] ?? 0);
    const d2 = (features[2 * pixels + pixel] ?? 0) - (centres[k * 5 + 4] ?? 0);
    const byPlace = ((cy - y) * (cy - y) + (cx - x) * (cx - x)) * spatialWeight;
    distance[pixel] = isSeen ? byPlace + (d0 * d0 + d1 * d1 + d2 * d2) : Infinity;
    if (++x === width) {
      x = 0;
      y += 1;
    }
  }
}

function farthestOfTiles(distance: Float64Array, width: number, farthest: Float64Array): void {
  const tiles = Math.ceil(width / TILE_PX);
  farthest.fill(0);
  for (let row = 0, start = 0; start < distance.length; row++, start += width) {
    let tile = Math.floor(row / TILE_PX) * tiles;
    for (let from = start; from < start + width; from += TILE_PX, tile++) {
      let most = farthest[tile] ?? 0;
      for (let pixel = from; pixel < Math.min(start + width, from + TILE_PX); pixel++) {
        const one = distance[pixel] ?? 0;
        if (one > most) most = one;
      }
      farthest[tile] = most;
    }
  }
}

function recentre({ features, labels, centres, width }: Clustering, members: Int32Array): void {
  const pixels = labels.length;
  centres.fill(0);
  members.fill(0);
  for (let pixel = 0, y = 0; pixel < pixels; y++) {
    for (let x = 0; x < width; ) {
      // Of a run of one cluster the sums stay at hand; the order of adding is that of the pixels.
      const label = labels[pixel] ?? 0;
      const to = label * 5;
      const from = x;
      let sumX = centres[to + 1] ?? 0;
      let sum0 = centres[to + 2] ?? 0;
      let sum1 = centres[to + 3] ?? 0;
      let sum2 = centres[to + 4] ?? 0;
      do {
        sumX += x;
        sum0 += features[pixel] ?? 0;
        sum1 += features[pixels + pixel] ?? 0;
        sum2 += features[2 * pixels + pixel] ?? 0;
        x += 1;
        pixel += 1;
      } while (x < width && labels[pixel] === label);
      centres[to] = (centres[to] ?? 0) + y * (x - from); // whole numbers: no rounding
      centres[to + 1] = sumX;
      centres[to + 2] = sum0;
      centres[to + 3] = sum1;
      centres[to + 4] = sum2;
      members[label] = (members[label] ?? 0) + (x - from);
    }
  }
  for (let at = 0; at < centres.length; at++) centres[at] = (centres[at] ?? 0) / (members[Math.floor(at / 5)] ?? 0);
}
