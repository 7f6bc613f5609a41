import type { MetricPoint } from '#shared/domain/run.ts';

/** One curve of a stage, by x ascending. */
export interface Curve {
  readonly series: string;
  readonly xUnit: MetricPoint['xUnit'];
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/** Points of a run as they come in. A resumed run reports some of them again: the newest value of an x holds. */
export class CurveBook {
  readonly #steps = new Map<string, Map<string, { xUnit: MetricPoint['xUnit']; values: Map<number, number> }>>();

  add(points: readonly MetricPoint[]): void {
    for (const { step, series, x, xUnit, value } of points) {
      const ofStep = getOrMake(this.#steps, step, () => new Map<string, { xUnit: MetricPoint['xUnit']; values: Map<number, number> }>());
      getOrMake(ofStep, series, () => ({ xUnit, values: new Map() })).values.set(x, value);
    }
  }

  /** Curves of a stage in the order in which they first came. */
  curvesOf(step: string): Curve[] {
    return [...(this.#steps.get(step) ?? [])].map(([series, { xUnit, values }]) => {
      const points = [...values].sort(([a], [b]) => a - b);
      return { series, xUnit, xs: points.map(([x]) => x), ys: points.map(([, y]) => y) };
    });
  }
}

/** Exponential mean that is not drawn to zero at its start; weight 0 gives the values themselves. */
export function smooth(ys: readonly number[], weight: number): number[] {
  let mean = 0;
  let norm = 0;
  return ys.map((y) => {
    mean = weight * mean + (1 - weight) * y;
    norm = weight * norm + (1 - weight);
    return mean / norm;
  });
}

/** `0.0123`, `1.5e-6`, `312`: four significant digits. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
