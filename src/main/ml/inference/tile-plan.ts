/** Where tiles lie along one axis, and how much each counts at every place. All in pixels. */
export interface TileAxis {
  readonly starts: readonly number[];
  /** Of every tile. */
  readonly length: number;
  /** Of each tile, [length]: at any place the tiles over it sum to 1. */
  readonly weights: readonly Float32Array[];
}

export interface TileRules {
  /** Tiles are at most this long; an image that is no longer is one tile. */
  readonly side: number;
  /** Pixels next to a cut that are not used: there the network has seen padding instead of the image. */
  readonly margin: number;
  /** Pixels over which one tile goes over into the next. */
  readonly blend: number;
  /** Tiles start at multiples of this, and differ from the image by a multiple in length, so that every strided layer samples the same pixels. */
  readonly align: number;
}

/** Lays tiles over `length` pixels, from 0 to the end, as evenly as `align` allows. */
export function planAxis(length: number, { side, margin, blend, align }: TileRules): TileAxis {
  if (length <= side) return { starts: [0], length, weights: [new Float32Array(length).fill(1)] };
  const tile = side - ((((side - length) % align) + align) % align);
  const overlap = 2 * margin + blend;
  const reach = length - tile; // start of the last tile, a multiple of `align`
  const furthest = Math.floor((tile - overlap) / align) * align;
  if (furthest < align) throw new RangeError(`tiles of ${side} px with ${overlap} px of overlap do not get ahead in steps of ${align} px`);
  const count = Math.ceil(reach / furthest) + 1;
  const starts = Array.from({ length: count }, (_, i) => Math.round((reach * i) / (count - 1) / align) * align);
  return { starts, length: tile, weights: weightsOf(starts, tile, length, margin) };
}

/** Ramps over the overlap less its margins: 0 where a tile has seen a cut, and the neighbour the rest. */
function weightsOf(starts: readonly number[], tile: number, length: number, margin: number): Float32Array[] {
  const raw = starts.map((start, i) => {
    const [previous, next] = [starts[i - 1], starts[i + 1]];
    return Float32Array.from({ length: tile }, (_, at) => {
      const place = start + at;
      // The previous tile ends at previous + tile: between the margins of both the ramp rises.
      const rise = previous === undefined ? 1 : ramp(place, start + margin, previous + tile - margin);
      const fall = next === undefined ? 1 : 1 - ramp(place, next + margin, start + tile - margin);
      return Math.min(rise, fall);
    });
  });
  const sums = new Float32Array(length);
  for (const [i, start] of starts.entries()) for (let at = 0; at < tile; at += 1) sums[start + at] = (sums[start + at] ?? 0) + (raw[i]?.[at] ?? 0);
  return raw.map((weights, i) => weights.map((weight, at) => weight / (sums[(starts[i] ?? 0) + at] ?? 1)));
}

/** 0 up to `from`, 1 from `to` on. */
function ramp(place: number, from: number, to: number): number {
  return Math.min(Math.max((place + 0.5 - from) / (to - from), 0), 1);
}
