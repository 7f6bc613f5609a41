import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { checkRange, type ByteSource } from '#shared/formats/byte-source.ts';
import { PenumbraError } from '#shared/errors.ts';

/** One read(2) gives no more than this. */
const READ_LIMIT = 2 ** 30;

export interface FileSource extends ByteSource, Disposable {
  /** The file's name, for errors. */
  readonly file: string;
}

/**
 * A file read by ranges, whatever its size. Dispose of it to close it.
 * @throws PenumbraError FILE_MISSING
 */
export function fileSource(path: string): FileSource {
  const handle = opened(path);
  const { size } = fstatSync(handle);
  const read = (start: number, end: number): Uint8Array => {
    checkRange(start, end, size);
    const bytes = new Uint8Array(end - start);
    for (let filled = 0; filled < bytes.length; ) {
      const got = readSync(handle, bytes, filled, Math.min(bytes.length - filled, READ_LIMIT), start + filled);
      if (got === 0) throw unreadable(path, `it became shorter than ${size} bytes while it was read`);
      filled += got;
    }
    return bytes;
  };
  return { file: basename(path), byteLength: size, read, [Symbol.dispose]: () => closeSync(handle) };
}

function opened(path: string): number {
  let handle: number | null = null;
  try {
    handle = openSync(path, 'r');
    if (!fstatSync(handle).isFile()) throw new Error('it is not a file');
    return handle;
  } catch (cause) {
    if (handle !== null) closeSync(handle);
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function unreadable(path: string, fact: string, cause?: unknown): PenumbraError {
  return new PenumbraError('FILE_MISSING', `The weights file ${path} can't be read: ${fact}`, {
    remedy: 'Check the path and its permissions.',
    details: { file: path },
    cause,
  });
}
