import * as z from 'zod';
import { outsideTolerance, type Row } from './compare.ts';

/** Relative to the largest value of the tensor. differs: in shape, or a number is not finite; none: nothing was compared. */
const Deviation = z.union([z.number(), z.enum(['differs', 'none'])]);

/** The worst of one network. */
export const Figures = z.object({
  /** Sides of the photos in pixels; null where nothing was compared. */
  sides: z.object({ taps: z.int().nullable(), gradients: z.int().nullable() }),
  logits: Deviation,
  taps: Deviation,
  /** Of the first and the last parameter that learns. */
  ends: Deviation,
  gradients: Deviation,
  /** What differs by more than it may. */
  outside: z.array(z.string()),
});
export type Figures = z.infer<typeof Figures>;

export function figuresOf(rows: readonly Row[], sides: Figures['sides']): Figures {
  return {
    sides,
    logits: worst(rows.filter(({ name }) => name.endsWith('/tap/logits'))),
    taps: worst(rows.filter(({ kind }) => kind === 'tap')),
    ends: worst(rows.filter(({ end }) => end)),
    gradients: worst(rows.filter(({ kind }) => kind === 'gradient')),
    outside: outsideTolerance(rows).map(({ name, deviation }) => `${name} ${deviation}`),
  };
}

function worst(rows: readonly Row[]): z.infer<typeof Deviation> {
  if (rows.length === 0) return 'none';
  const deviation = rows.reduce((largest, row) => Math.max(largest, row.deviation), 0);
  return Number.isFinite(deviation) ? deviation : 'differs';
}

/** Gradients that could not be compared are not held either. */
export function verdict({ outside, ends }: Figures): 'held' | 'missed' | 'gradients not compared' {
  if (outside.length > 0) return 'missed';
  return ends === 'none' ? 'gradients not compared' : 'held';
}

/** @returns whether every network named was compared and stays within the tolerances */
export function printTable(results: Readonly<Record<string, Figures>>, names: readonly string[]): boolean {
  const cell = (deviation: z.infer<typeof Deviation>): string => (typeof deviation === 'number' ? deviation.toExponential(1) : deviation);
  console.log('\n| network | photos (taps, gradients) | logits ≤ 1e-4 | worst tap ≤ 1e-4 | first, last gradient ≤ 1e-3 | worst gradient ≤ 1e-3 | |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const name of names) {
    const figures = results[name];
    if (figures === undefined) continue;
    const { sides, logits, taps, ends, gradients } = figures;
    console.log(`| \`${name}\` | ${[sides.taps, sides.gradients].map((side) => (side === null ? 'none' : `${side}²`)).join(', ')} | ${[logits, taps, ends, gradients].map(cell).join(' | ')} | ${verdict(figures)} |`);
  }
  for (const name of names) for (const line of results[name]?.outside ?? []) console.log(`${name}: ${line}`);
  return names.every((name) => results[name] !== undefined && verdict(results[name]) === 'held');
}
