import { readFile } from 'node:fs/promises';
import type { DataProblem } from '#shared/contract/dataset.ts';
import { PenumbraError } from '#shared/errors.ts';
import { resolveInside } from '../images/path-resolver.ts';

/** Bytes of a file of the dataset. FILE_MISSING when it is not there or cannot be read, PATH_OUTSIDE_ROOT. */
export async function readInside(root: string, relative: string): Promise<Uint8Array> {
  const path = await resolveInside(root, relative);
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PenumbraError('FILE_MISSING', `The file "${relative}" cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      remedy: 'Give yourself the right to read it, or put a file that can be read in its place.',
      details: { path: relative },
      cause,
    });
  }
}

/** Text of a file somebody wrote on some machine: UTF-8 or UTF-16 by byte-order mark, UTF-8 if it is valid, else Windows Latin-1. */
export function decodeText(bytes: Uint8Array): { text: string; latin1: boolean } {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return { text: new TextDecoder('utf-8').decode(bytes.subarray(3)), latin1: false };
  if (first === 0xff && second === 0xfe) return { text: new TextDecoder('utf-16le').decode(bytes.subarray(2)), latin1: false };
  if (first === 0xfe && second === 0xff) return { text: new TextDecoder('utf-16be').decode(bytes.subarray(2)), latin1: false };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), latin1: false };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), latin1: true };
  }
}

/** Lines without their ends, whatever the ends are; blank lines are kept so that line numbers hold. */
export function lines(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

export function latin1Warning(file: string): DataProblem {
  return {
    file,
    code: 'LIST_MALFORMED',
    message: `${file} is not UTF-8; it was read as Latin-1.`,
    remedy: 'Check names with accents, or save the file as UTF-8.',
    effect: 'warning',
  };
}
