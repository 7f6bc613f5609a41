import type { Rgb } from './classes.ts';

/**
 * Colours that stay apart for people with any common colour vision. The first are Okabe and Ito's (jfly.uni-koeln.de/color) and Tol's
 * muted ones (personal.sron.nl/~pault), black and near-greys left out; further ones are picked from a coarse grid, each as far as it
 * can be from those before it, seen with normal, protan and deutan vision. Deterministic.
 */
const FIRST: readonly Rgb[] = [
  [230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66], [0, 114, 178], [213, 94, 0], [204, 121, 167],
  [51, 34, 136], [153, 153, 51], [136, 34, 85], [68, 170, 153], [136, 204, 238],
];
const GRID = [0, 51, 102, 153, 204, 255] as const;

// Viénot, Brettel and Mollon 1999: dichromats' view as a linear map of linear RGB.
const VIEWS: readonly (readonly number[])[] = [
  [1, 0, 0, 0, 1, 0, 0, 0, 1],
  [0.11238, 0.88762, 0, 0.11238, 0.88762, 0, 0.00401, -0.00401, 1],
  [0.29275, 0.70725, 0, 0.29275, 0.70725, 0, -0.02234, 0.02234, 1],
];

type Triple = readonly [number, number, number];

const linear = (value: number): number => (value <= 10.31475 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);

/** CIE L*a*b* (D65) of linear RGB. */
function lab([red, green, blue]: Triple): Triple {
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
  const y = f(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  const z = f((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** L*a*b* as each kind of eye sees the colour. */
function seen(colour: Rgb): Triple[] {
  const [red, green, blue] = colour.map(linear) as unknown as Triple;
  return VIEWS.map((m) => {
    const row = (at: number): number => Math.max(0, (m[at] ?? 0) * red + (m[at + 1] ?? 0) * green + (m[at + 2] ?? 0) * blue);
    return lab([row(0), row(3), row(6)]);
  });
}

const apart = (a: Triple, b: Triple): number => Math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2);

/** Distance of two colours to the eye that tells them apart worst, in ΔE*ab of 1976. */
function distance(a: readonly Triple[], b: readonly Triple[]): number {
  return Math.min(...a.map((view, at) => apart(view, b[at] ?? view)));
}

/** `count` colours, those told apart best first. */
export function safePalette(count: number): Rgb[] {
  const colours = FIRST.slice(0, count);
  if (colours.length === count) return colours;
  const candidates = GRID.flatMap((red) => GRID.flatMap((green) => GRID.map((blue): Rgb => [red, green, blue])))
    .map((colour) => ({ colour, views: seen(colour) }))
    // Near black is background, near white is ignore.
    .filter(({ views }) => (views[0]?.[0] ?? 0) > 25 && (views[0]?.[0] ?? 0) < 93);
  const nearest = candidates.map(({ views }) => Math.min(...colours.map((colour) => distance(views, seen(colour)))));
  while (colours.length < count) {
    const best = nearest.indexOf(Math.max(...nearest));
    const chosen = candidates[best];
    if (chosen === undefined) return colours;
    colours.push(chosen.colour);
    for (const [at, { views }] of candidates.entries()) nearest[at] = Math.min(nearest[at] ?? 0, distance(views, chosen.views));
  }
  // 216 grid colours are fewer than the classes a project may hold: those beyond repeat, which no palette of this size could avoid.
  return colours;
}

/**
 * Colours for classes, by position. Classes that occur together in images get colours far apart: each class, the most entangled
 * first, takes the free colour that is farthest from those of the classes it occurs with, weighted by how often.
 */
export function safeColours(count: number, together: readonly (readonly number[])[]): Rgb[] {
  const colours = safePalette(count);
  const views = colours.map(seen);
  const closeness = views.map((one) => views.map((other) => 1 / (1 + distance(one, other))));
  const all = colours.map((_, at) => at);
  const partners = all.map((a) => all.filter((b) => b !== a).map((b) => ({ b, images: together[a]?.[b] ?? 0 })).filter(({ images }) => images > 0));
  const total = partners.map((list) => list.reduce((sum, { images }) => sum + images, 0));
  const free = new Set(all);
  const given: (number | undefined)[] = all.map(() => undefined);
  for (const a of all.toSorted((one, other) => (total[other] ?? 0) - (total[one] ?? 0) || one - other)) {
    const taken = (partners[a] ?? []).flatMap(({ b, images }) => (given[b] === undefined ? [] : [{ row: closeness[given[b]] ?? [], images }]));
    let best = 0;
    let leastClash = Infinity;
    for (const at of free) {
      let clash = 0;
      for (const { row, images } of taken) clash += images * (row[at] ?? 0);
      if (clash < leastClash) [best, leastClash] = [at, clash];
    }
    free.delete(best);
    given[a] = best;
  }
  return given.map((at) => colours[at ?? 0] ?? [128, 128, 128]);
}
