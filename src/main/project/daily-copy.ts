import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';

const KEPT = 3;
const DAY_MS = 24 * 60 * 60 * 1000;
const NAME = /^project-daily-.*\.db$/;

/**
 * Copies the database into backups/ when the newest daily copy is older than a day, and keeps the last three. The copy is made a few
 * pages at a time while the project is used, and takes its name only when it is whole. Null when none was due.
 */
export async function copyDaily(sqlite: Database, dir: string, now: Date): Promise<string | null> {
  const folder = join(dir, 'backups');
  mkdirSync(folder, { recursive: true });
  const copies = readdirSync(folder).filter((name) => NAME.test(name)).sort();
  const newest = copies.at(-1);
  if (newest !== undefined && now.getTime() - statSync(join(folder, newest)).mtimeMs < DAY_MS) return null;
  const file = join(folder, `project-daily-${now.toISOString().replaceAll(':', '')}.db`);
  const partial = `${file}.partial`;
  try {
    await sqlite.backup(partial);
    renameSync(partial, file);
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(partial + suffix, { force: true });
  }
  for (const old of [...copies, file].slice(0, -KEPT)) rmSync(join(folder, old), { force: true });
  return file;
}
