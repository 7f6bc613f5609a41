import { open, readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import Papa from 'papaparse';
import { PenumbraError } from '#shared/errors.ts';
import { resolveInside } from '../../images/path-resolver.ts';
import type { NameIndex } from '../name-index.ts';
import type { ProblemLog } from '../problem-log.ts';
import { decodeText, latin1Warning } from '../text.ts';

const MAX_BYTES = 256 * 1024 * 1024;
const HEAD_BYTES = 64 * 1024;

/** A table of tags: the first column names photos, every other column is a class with 0 or 1. */
export interface TagTable {
  readonly file: string;
  /** Names of the class columns. */
  readonly columns: readonly string[];
  readonly rows: readonly { readonly line: number; readonly photo: string; readonly cells: readonly string[] }[];
}

/** Reads a CSV (comma, semicolon or tab). A relative path is inside the dataset; an absolute one is the user's own choice. TAGS_MALFORMED, PATH_OUTSIDE_ROOT. */
export async function readTagTable(root: string, file: string, problems: ProblemLog): Promise<TagTable> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(isAbsolute(file) ? file : await resolveInside(root, file));
  } catch (thrown) {
    if (thrown instanceof PenumbraError && thrown.code === 'PATH_OUTSIDE_ROOT') throw thrown;
    throw malformed(file, `cannot be opened (${thrown instanceof Error ? thrown.message : String(thrown)})`, thrown);
  }
  if (bytes.length > MAX_BYTES) throw malformed(file, `has ${bytes.length} bytes; expected at most ${MAX_BYTES}`);
  const { text, latin1 } = decodeText(bytes);
  if (latin1) problems.add(latin1Warning(file));
  return parseTable(file, text, problems);
}

/** Whether a CSV's first lines look like tags; reads only its beginning. */
export async function looksLikeTags(path: string): Promise<boolean> {
  const handle = await open(path).catch(() => null);
  if (handle === null) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const [header, row] = parseRows(decodeText(buffer.subarray(0, bytesRead)).text, 2);
    return header !== undefined && row !== undefined && header.length >= 2 && row.length === header.length && row.slice(1).every((cell) => readBit(cell) !== null);
  } finally {
    await handle.close();
  }
}

function parseTable(file: string, text: string, problems: ProblemLog): TagTable {
  const [header, ...body] = parseRows(text);
  const names = header?.map((name) => name.trim()) ?? [];
  if (names.length < 2) throw malformed(file, `has ${names.length} columns in its first line; expected the photo's name and one column a class`);
  const twice = names.find((name, index) => index > 0 && names.indexOf(name, 1) !== index);
  if (twice !== undefined) throw malformed(file, `has the column "${twice}" twice`);
  const unnamed = names.indexOf('', 1);
  if (unnamed > 0) throw malformed(file, `has no name for column ${unnamed + 1}`);
  const rows = body.map((cells, index) => ({ line: index + 2, cells })).filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  if (rows.length === 0) throw malformed(file, 'has no row below its header');
  const isClass = names.map((name, column) => column > 0 && name.toLowerCase() !== 'background' && mostlyBits(rows, column));
  for (const [column, name] of names.entries()) {
    if (column === 0 || isClass[column] === true) continue;
    problems.add({
      file,
      code: 'TAGS_MALFORMED',
      message: `The column "${name}" of ${file} ${name.toLowerCase() === 'background' ? 'is background, which is no tag' : 'does not hold 0 and 1'}; it was left out.`,
      remedy: 'Nothing to do if it is not a class.',
      effect: 'warning',
    });
  }
  const keep = (_: string, column: number) => isClass[column] === true;
  const columns = names.filter(keep);
  if (columns.length === 0) throw malformed(file, 'has no column of 0 and 1');
  return {
    file,
    columns,
    rows: rows
      .filter(({ line, cells }) => {
        if (cells.length === names.length) return true;
        problems.addToGroup({
          file,
          code: 'TAGS_MALFORMED',
          message: `${file}, line ${line} has ${cells.length} cells; expected ${names.length}. It was left out.`,
          remedy: 'Correct the line and import again.',
          effect: 'warning',
        });
        return false;
      })
      .map(({ line, cells }) => ({ line, photo: (cells[0] ?? '').trim(), cells: cells.filter(keep) })),
  };
}

/** Rows of cells, blank ones included so that line numbers hold. The header says which separator is used. */
function parseRows(text: string, preview = 0): string[][] {
  const header = (text.split(/[\r\n]/, 1)[0] ?? '').replaceAll(/"[^"]*"/g, '');
  const count = (separator: string) => header.split(separator).length;
  const delimiter = [';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best), ',');
  return Papa.parse<string[]>(text, { delimiter, preview, skipEmptyLines: false }).data;
}

function mostlyBits(rows: readonly { cells: readonly string[] }[], column: number): boolean {
  const good = rows.filter(({ cells }) => readBit(cells[column] ?? '') !== null).length;
  return good * 2 > rows.length;
}

/** 0 or 1, also as a number with decimals as spreadsheets and pandas write it. */
function readBit(cell: string): 0 | 1 | null {
  const text = cell.trim();
  return /^0(\.0*)?$/.test(text) ? 0 : /^1(\.0*)?$/.test(text) ? 1 : null;
}

/** Tags by photo name, as class indices. Rows that cannot be used are reported and left out. */
export function tagsFromTable(table: TagTable, classNames: readonly string[], index: NameIndex, problems: ProblemLog): Map<string, number[]> {
  const { file } = table;
  const classOf = table.columns.map((name) => classNames.indexOf(name) + 1);
  for (const [column, name] of table.columns.entries()) {
    if (classOf[column] !== 0) continue;
    problems.add({
      file,
      code: 'TAGS_MALFORMED',
      message: `The column "${name}" of ${file} is none of the classes (${classNames.slice(0, 8).join(', ')}${classNames.length > 8 ? ', …' : ''}); it was left out.`,
      remedy: 'Give the column the name of a class, or add the class to classes.txt, and import again.',
      effect: 'warning',
    });
  }
  for (const name of classNames.filter((candidate) => !table.columns.includes(candidate))) {
    problems.add({ file, code: 'TAGS_MALFORMED', message: `${file} has no column for the class "${name}"; no photo has its tag.`, remedy: 'Add the column and import again.', effect: 'warning' });
  }
  const tags = new Map<string, number[]>();
  for (const { line, photo, cells } of table.rows) {
    const report = (code: 'TAGS_MALFORMED' | 'TAGS_UNKNOWN_IMAGE' | 'DUPLICATE_NAME' | 'PATH_OUTSIDE_ROOT', fact: string, remedy: string) =>
      problems.addToGroup({ file, code, message: `${file}, line ${line}: ${fact}`, remedy, effect: 'warning' });
    let match;
    try {
      match = index.find(photo);
    } catch (thrown) {
      if (!(thrown instanceof PenumbraError)) throw thrown;
      report('PATH_OUTSIDE_ROOT', thrown.message, thrown.remedy);
      continue;
    }
    if (match.kind === 'missing') {
      report('TAGS_UNKNOWN_IMAGE', `there is no photo "${photo}".`, 'Put the photo into its folder or take the line out.');
      continue;
    }
    if (match.kind === 'ambiguous') {
      report('DUPLICATE_NAME', `"${photo}" could be ${match.among.join(' or ')}.`, 'Write the folder too.');
      continue;
    }
    const bad = cells.findIndex((cell, column) => classOf[column] !== 0 && readBit(cell) === null);
    if (bad >= 0) {
      report('TAGS_MALFORMED', `"${cells[bad] ?? ''}" in column "${table.columns[bad] ?? ''}" is neither 0 nor 1; "${photo}" has no tags.`, 'Write 0 or 1 and import again.');
      continue;
    }
    const found = cells.flatMap((cell, column) => (readBit(cell) === 1 && classOf[column] !== 0 ? [classOf[column] ?? 0] : [])).sort((a, b) => a - b);
    const before = tags.get(match.name);
    if (before === undefined) tags.set(match.name, found);
    else if (before.join() !== found.join()) {
      report('TAGS_MALFORMED', `"${photo}" was tagged otherwise in an earlier line, which counts.`, 'Take one of the lines out and import again.');
    }
  }
  return tags;
}

function malformed(file: string, fact: string, cause?: unknown): PenumbraError {
  return new PenumbraError('TAGS_MALFORMED', `The tag table ${file} ${fact}.`, {
    remedy: 'Give a CSV whose first column is the file name and whose other columns, one a class, hold 0 or 1.',
    details: { file },
    cause,
  });
}
