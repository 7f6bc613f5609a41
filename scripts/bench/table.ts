import type { Measured } from './method-measures.ts';

/** Prints every figure with its bound; a missed bound is said, not hidden. */
export function printTable(results: Readonly<Record<string, Measured>>): void {
  console.log('\n| measure | figure | bound | |\n| --- | --- | --- | --- |');
  for (const [name, rows] of Object.entries(results)) {
    for (const row of rows) {
      const bound = row.atMost === undefined ? (row.atLeast === undefined ? '' : `≥ ${row.atLeast}`) : `≤ ${row.atMost}`;
      // What is no number holds no bound.
      const missed = (row.atMost !== undefined && !(row.value <= row.atMost)) || (row.atLeast !== undefined && !(row.value >= row.atLeast));
      console.log(`| ${name}: ${row.figure} | ${Number(row.value.toPrecision(4))} ${row.unit} | ${bound} | ${bound === '' ? '' : missed ? 'missed' : 'held'} |`);
    }
  }
}
