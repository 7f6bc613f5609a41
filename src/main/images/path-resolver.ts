import { realpath } from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';

/**
 * The one way from a path that came out of a file (a list, a CSV, a database) to a path on disk. The text is checked first;
 * then the real path, symbolic links followed, must lie under the real root.
 */

/** Checks the text of a relative path and returns it with forward slashes. PATH_OUTSIDE_ROOT when it climbs, is absolute or holds NUL. */
export function checkRelative(relative: string): string {
  const slashed = relative.replaceAll('\\', '/');
  const parts = slashed.split('/');
  const fact = relative.includes('\0')
    ? 'holds a NUL byte'
    : slashed.startsWith('//')
      ? 'is a network path'
      : slashed.startsWith('/') || /^[A-Za-z]:/.test(slashed)
        ? 'is absolute'
        : parts.includes('..')
          ? 'climbs out of the folder'
          : slashed === ''
            ? 'is empty'
            : null;
  if (fact !== null) throw outside(relative, fact);
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

/** The real absolute path of `relative` under `root`. Throws PATH_OUTSIDE_ROOT; FILE_MISSING when there is no such file. */
export async function resolveInside(root: string, relative: string): Promise<string> {
  const checked = checkRelative(relative);
  try {
    const realRoot = await realpath(root);
    return contained(realRoot, await realpath(join(realRoot, checked)), relative);
  } catch (cause) {
    throw missing(relative, cause);
  }
}

/** As `resolveInside`, for callers that cannot wait. */
export function resolveInsideSync(root: string, relative: string): string {
  const checked = checkRelative(relative);
  try {
    const realRoot = realpathSync(root);
    return contained(realRoot, realpathSync(join(realRoot, checked)), relative);
  } catch (cause) {
    throw missing(relative, cause);
  }
}

function contained(realRoot: string, real: string, relative: string): string {
  const prefix = realRoot.endsWith(sep) ? realRoot : realRoot + sep;
  if (real !== realRoot && !real.startsWith(prefix)) throw outside(relative, 'leads out of the folder through a link');
  return real;
}

function outside(relative: string, fact: string): PenumbraError {
  const shown = relative.replaceAll('\0', '\\0');
  return new PenumbraError('PATH_OUTSIDE_ROOT', `The path "${shown}" ${fact}; expected a path inside the dataset folder.`, {
    remedy: 'Move the file into the dataset folder and name it relative to that folder.',
    details: { path: shown },
  });
}

function missing(relative: string, cause: unknown): unknown {
  if (cause instanceof PenumbraError) return cause;
  return new PenumbraError('FILE_MISSING', `The file "${relative}" cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}.`, {
    remedy: 'Put the file back, or tell the project where the photos are now.',
    details: { path: relative },
    cause,
  });
}
