import { mkdir, readdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { faultPoint } from '../../faults/faults.ts';
import { syncFolder } from '../../runs/artifacts/atomic.ts';
import { partialFolder, sweepPartials, syncTree } from './partial-folder.ts';

/** Where an export may go: absolute, absent or an empty folder, outside project and dataset. Throws EXPORT_TARGET_INVALID. */
export async function checkTarget(target: string, keepOut: readonly { readonly dir: string; readonly what: string }[]): Promise<{ exists: boolean }> {
  if (!path.isAbsolute(target) || target.includes('\0')) throw invalid(target, 'is not an absolute path', 'Name the whole path.');
  const real = await realPathOf(target);
  for (const { dir, what } of keepOut) {
    const root = await realPathOf(dir);
    if (real === root || real.startsWith(root + path.sep)) throw invalid(target, `lies inside ${what}`, 'Choose a folder elsewhere.');
  }
  const facts = await stat(target).catch(() => null);
  if (facts === null) return { exists: false };
  if (!facts.isDirectory()) throw invalid(target, 'is a file', 'Choose a folder.');
  return { exists: (await readdir(target)).length > 0 };
}

export function refuseFull(target: string): PenumbraError {
  return invalid(target, 'holds files already', 'Choose an empty or new folder; nothing in it was touched.');
}

export interface Written {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Lets `fill` write into a new folder beside the target and then gives it the target's name, so that the target shows all of the
 * export or nothing, also after a power cut. Throws DISK_FULL, WRITE_FAILED; what was written so far is removed, and what a killed
 * export to the target left.
 */
export async function fillTarget(target: string, fill: (dir: string) => Promise<Written>): Promise<Written> {
  await sweepPartials(target);
  const staging = partialFolder(target);
  try {
    await mkdir(staging, { recursive: true });
    const written = await fill(staging);
    await syncTree(staging);
    faultPoint('export.rename');
    await rmdir(target).catch(ignoreAbsent);
    await rename(staging, target);
    // All is there by now; a folder that may be written but not opened for reading is no failure.
    await syncFolder(path.dirname(target)).catch(() => undefined);
    return written;
  } catch (thrown) {
    await rm(staging, { recursive: true, force: true }).catch(() => undefined);
    throw translate(thrown, target);
  }
}

/** The real path, also of something that does not exist yet. */
async function realPathOf(target: string): Promise<string> {
  try {
    return await realpath(target);
  } catch {
    const parent = path.dirname(target);
    return parent === target ? target : path.join(await realPathOf(parent), path.basename(target));
  }
}

function ignoreAbsent(thrown: unknown): void {
  if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
}

function translate(thrown: unknown, target: string): unknown {
  if (thrown instanceof PenumbraError || !(thrown instanceof Error)) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  switch (code) {
    case undefined:
      return thrown;
    case 'ENOSPC':
    case 'EDQUOT':
      return new PenumbraError('DISK_FULL', `no space is left to write the export to ${target}; nothing was left there`, {
        remedy: 'Free space on that disk, or choose a folder on another, then export again.',
        details: { target },
        cause: thrown,
      });
    case 'ENOTEMPTY':
    case 'EEXIST':
      return refuseFull(target);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return invalid(target, `cannot be written (${code})`, 'Choose a folder you may write to.');
    default:
      return new PenumbraError('WRITE_FAILED', `the export to ${target} could not be written: ${thrown.message}; nothing was left there`, {
        remedy: 'Check the disk, then export again.',
        details: { target, system: code },
        cause: thrown,
      });
  }
}

function invalid(target: string, fact: string, remedy: string): PenumbraError {
  return new PenumbraError('EXPORT_TARGET_INVALID', `the target ${target} ${fact}`, { remedy, details: { target } });
}
