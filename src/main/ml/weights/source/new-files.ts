import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';

const WRITE_LIMIT_BYTES = 2 ** 30;

/**
 * Writes a file that must not be there yet. Its name shows only once the whole of it is on the disk and `check` was content with it.
 * @throws PenumbraError EXPORT_TARGET_INVALID, DISK_FULL, WRITE_FAILED, and what `check` throws; then nothing is left
 */
export function writeNewFile(path: string, pieces: Iterable<Uint8Array>, check: (draft: string) => void): void {
  refuseExisting(path);
  const draft = draftOf(path);
  try {
    writePieces(draft, pieces);
    check(draft);
    giveName(draft, path);
  } catch (cause) {
    throw writeError(path, cause);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The same of a folder of files; `check` is given the folder's draft. */
export function writeNewFolder(path: string, files: readonly { name: string; pieces(): Iterable<Uint8Array> }[], check: (draft: string) => void): void {
  refuseExisting(path);
  const draft = draftOf(path);
  try {
    mkdirSync(draft);
    for (const file of files) writePieces(join(draft, file.name), file.pieces());
    check(draft);
    refuseExisting(path);
    renameSync(draft, path);
  } catch (cause) {
    throw writeError(path, cause);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
}

/** Before long work whose result could not be written. @throws PenumbraError EXPORT_TARGET_INVALID */
export function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  throw new PenumbraError('EXPORT_TARGET_INVALID', `${path} is there already; nothing is written over it.`, {
    remedy: 'Give another name, or move the old one away.',
    details: { file: path },
  });
}

function writePieces(path: string, pieces: Iterable<Uint8Array>): void {
  const handle = openSync(path, 'wx');
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.byteLength; ) at += writeSync(handle, piece, at, Math.min(piece.byteLength - at, WRITE_LIMIT_BYTES));
    }
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A link fails where a name is taken, which a rename does not; some file systems have no links. */
function giveName(draft: string, path: string): void {
  try {
    linkSync(draft, path);
    unlinkSync(draft);
  } catch {
    refuseExisting(path);
    renameSync(draft, path);
  }
}

function writeError(path: string, cause: unknown): unknown {
  if (cause instanceof PenumbraError || !(cause instanceof Error) || !('code' in cause)) return cause;
  const isFull = cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
  return new PenumbraError(isFull ? 'DISK_FULL' : 'WRITE_FAILED', `could not write ${path}: ${cause.message}`, {
    remedy: isFull ? 'Free space on that disk or choose another. Nothing half-written is left.' : 'Check the folder and its permissions. Nothing half-written is left.',
    details: { file: path, system: String(cause.code) },
    cause,
  });
}
