import { PenumbraError } from '#shared/errors.ts';

/**
 * What SQLite or the file system says, as one of Penumbra's errors naming the project. A failed transaction has been rolled back by
 * then, so every message may say that nothing was changed. Anything unknown is returned as it is.
 */
export function translateStorageError(thrown: unknown, dir: string): unknown {
  if (!(thrown instanceof Error) || thrown instanceof PenumbraError) return thrown;
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  const details = { project: dir, code };
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
    return new PenumbraError('DISK_FULL', `No space is left to save to the project ${dir}. What was saved before stays; this change was not made.`, {
      remedy: 'Free disk space, then do it again.',
      details,
      cause: thrown,
    });
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return readOnlyError(dir, thrown);
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new PenumbraError('PROJECT_DAMAGED', `The database of the project ${dir} is damaged: ${thrown.message}.`, {
      remedy: 'Close Penumbra and put a copy from the folder backups/ in place of project.db.',
      details,
      cause: thrown,
    });
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new PenumbraError('PROJECT_LOCKED', `Another process holds the database of the project ${dir}.`, {
      remedy: 'Close the other program that has project.db open, then do it again.',
      details,
      cause: thrown,
    });
  }
  if (code.startsWith('SQLITE_IOERR') || code === 'EIO') {
    return new PenumbraError('WRITE_FAILED', `The disk refused to save to the project ${dir}: ${thrown.message}. This change was not made.`, {
      remedy: 'Check the disk, then do it again.',
      details,
      cause: thrown,
    });
  }
  return thrown;
}

export function readOnlyError(dir: string, cause?: unknown): PenumbraError {
  return new PenumbraError('PROJECT_READ_ONLY', `The project ${dir} cannot be written to.`, {
    remedy: 'Give yourself write permission on the project folder, or copy the project to a folder of your own.',
    details: { project: dir },
    cause,
  });
}
