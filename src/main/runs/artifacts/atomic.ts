import { open, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { faultPoint } from '#main/faults/faults.ts';

/** Files under construction begin with this; a killed process leaves them, the next owner of the folder removes them. */
export const TEMP_PREFIX = '.tmp-';

let counter = 0;

/**
 * Writes a file so that its name only ever shows the whole of it: a temporary file beside it, fsync, rename.
 * `faultName` names the fault points NAME.write, NAME.sync and NAME.rename.
 */
export async function writeAtomically(path: string, bytes: Uint8Array | string, faultName: string): Promise<void> {
  counter += 1;
  const temp = join(dirname(path), `${TEMP_PREFIX}${String(process.pid)}-${String(counter)}`);
  try {
    const file = await open(temp, 'wx');
    try {
      faultPoint(`${faultName}.write`);
      await file.writeFile(bytes);
      faultPoint(`${faultName}.sync`);
      await file.sync();
    } finally {
      await file.close();
    }
    faultPoint(`${faultName}.rename`);
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true }).catch(() => undefined); // the first error is the one that tells
    throw await writeError(error, path, byteLength(bytes));
  }
}

/** Makes renames and new names in a folder survive a power cut. Some systems cannot open folders; there it does nothing. */
export async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A file-system error as the user should read it. Errors of the project pass through. */
export async function writeError(error: unknown, path: string, bytes: number | null): Promise<unknown> {
  if (error instanceof PenumbraError || !(error instanceof Error) || !('code' in error)) return error;
  const size = bytes === null ? '' : ` (${String(bytes)} bytes)`;
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT': {
      const free = await freeBytes(dirname(path));
      return new PenumbraError(
        'DISK_FULL',
        `disk full while writing ${basename(path)}${size}: ${String(free)} bytes are free in ${dirname(path)}`,
        {
          remedy: 'Free space on that disk, for instance by reclaiming artifacts, then resume the run. What was finished is kept.',
          details: { file: path, bytes, freeBytes: free },
          cause: error,
        },
      );
    }
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new PenumbraError('PROJECT_READ_ONLY', `no permission to write ${path} (${error.code})`, {
        remedy: 'Give this user write permission on the project folder, or copy the project to a place that can be written.',
        details: { file: path },
        cause: error,
      });
    default:
      return new PenumbraError('WRITE_FAILED', `could not write ${path}: ${error.message}`, {
        remedy: 'Check the disk, then resume the run. What was finished is kept; nothing half-written is.',
        details: { file: path, system: String(error.code) },
        cause: error,
      });
  }
}

/** Bytes this user may still write on the disk of `dir`; 0 when that cannot be read. */
export async function freeBytes(dir: string): Promise<number> {
  try {
    const disk = await statfs(dir);
    return disk.bavail * disk.bsize;
  } catch {
    return 0;
  }
}

function byteLength(bytes: Uint8Array | string): number {
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.byteLength;
}
