/** Adjusted Rand index of two partitions (Hubert and Arabie 1985). */
export function adjustedRand(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const rows = new Map<number, number>();
  const columns = new Map<number, number>();
  const cells = new Map<number, number>();
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at] ?? 0, b[at] ?? 0];
    rows.set(x, (rows.get(x) ?? 0) + 1);
    columns.set(y, (columns.get(y) ?? 0) + 1);
    const key = x * 2 ** 24 + y;
    cells.set(key, (cells.get(key) ?? 0) + 1);
  }
  const pairs = (counts: Map<number, number>): number => [...counts.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  const [inRows, inColumns, inCells] = [pairs(rows), pairs(columns), pairs(cells)];
  const expected = (inRows * inColumns) / ((a.length * (a.length - 1)) / 2);
  const most = (inRows + inColumns) / 2;
  return most === expected ? 1 : (inCells - expected) / (most - expected);
}
