import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * The folder of real photos, masks and weights that lies beside a working copy, or null.
 * PENUMBRA_SHARED names it elsewhere. It is never part of the project, so tests that need it skip without it:
 * `it.skipIf(sharedData() === null)`.
 */
export function sharedData(): string | null {
  const folder = process.env['PENUMBRA_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');
  const data = resolve(folder, 'data');
  return existsSync(resolve(data, 'README.md')) ? data : null;
}
