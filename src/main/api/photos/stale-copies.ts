import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { TEMP_PREFIX } from '../../runs/artifacts/atomic.ts';

/** More are left for the next start. */
const MOST = 5000;
/** Temporary files of a writer that may still be at work are younger. */
const TEMP_AGE_MS = 60 * 60 * 1000;

export interface SweepParts {
  /** The folder `thumbs/` of a project. */
  readonly dir: string;
  /** Contents that photos have now; null when that cannot be told, and nothing may go. Asked after the folder was listed. */
  liveContents(): Promise<ReadonlySet<string> | null>;
  /** Runs one deletion when nobody waits for a copy. */
  whenFree(work: () => Promise<void>): Promise<void>;
  readonly isOver: () => boolean;
  readonly nowMs: number;
}

/**
 * Deletes copies and tiles of contents that no photo has any more, and what killed writers left. Names it does not know stay.
 * Returns how many entries went.
 */
export async function sweepStaleCopies(parts: SweepParts): Promise<number> {
  const entries = await listCopies(parts.dir);
  if (entries.length === 0 || parts.isOver()) return 0;
  const live = await parts.liveContents();
  if (live === null) return 0;
  let gone = 0;
  for (const { file, content } of entries) {
    if (parts.isOver() || gone >= MOST) break;
    if (content === null ? !(await isOld(file, parts.nowMs)) : live.has(content)) continue;
    await parts.whenFree(() => rm(file, { recursive: true, force: true }));
    gone += 1;
  }
  return gone;
}

interface Entry {
  readonly file: string;
  /** Null for a temporary file. */
  readonly content: string | null;
}

/** `ab/CONTENT-256.webp`, `ab/CONTENT-display.png`, `tiles-CONTENT`; tiles in the making are looked after where they are made. */
async function listCopies(dir: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of await readdir(dir).catch(() => [])) {
    const tiles = /^tiles-([0-9a-f]{32})$/.exec(name)?.[1];
    if (tiles !== undefined) entries.push({ file: path.join(dir, name), content: tiles });
    if (!/^[0-9a-f]{2}$/.test(name)) continue;
    for (const copy of await readdir(path.join(dir, name)).catch(() => [])) {
      const content = /^([0-9a-f]{32})-(?:\d+|display)\.(?:webp|jpeg|png)$/.exec(copy)?.[1] ?? null;
      if (content !== null || copy.startsWith(TEMP_PREFIX)) entries.push({ file: path.join(dir, name, copy), content });
    }
  }
  return entries;
}

async function isOld(file: string, nowMs: number): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found !== null && nowMs - found.mtimeMs > TEMP_AGE_MS;
}
