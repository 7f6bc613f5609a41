import type { ByteSource } from '#shared/formats/byte-source.ts';
import { malformed } from '../malformed.ts';
import { STORED_BYTES, type StoredType } from '../stored-type.ts';
import { StoredTensor, type WeightsFile } from '../weights-file.ts';

/** Longest header the format allows. */
const HEADER_LIMIT = 100_000_000;
export const METADATA_KEY = '__metadata__';

/**
 * A safetensors file, checked strictly (networks-formats.md §3.4): no holes, no overlap, no rest, exact lengths. No tensor is read yet.
 * @param file shown in errors
 * @throws PenumbraError WEIGHTS_MALFORMED naming the tensor
 */
export function openSafetensors(source: ByteSource, file: string): WeightsFile {
  const { header, dataStart } = readHeader(source, file);
  const metadata = readMetadata(header.get(METADATA_KEY), file);
  const entries = [...header].filter(([name]) => name !== METADATA_KEY).map(([name, raw]) => readEntry(name, raw, file));
  checkCoverage(entries, source.byteLength - dataStart, file);
  const tensors = new Map(
    entries.map(({ name, type, shape, begin, end }): [string, StoredTensor] => [
      name,
      new StoredTensor({ file, key: name, type, shape }, () => source.read(dataStart + begin, dataStart + end)),
    ]),
  );
  return { format: 'safetensors', tensors, metadata, others: new Map() };
}

interface Entry {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readHeader(source: ByteSource, file: string): { header: Map<string, unknown>; dataStart: number } {
  if (source.byteLength < 8)
    throw malformed(file, `has ${source.byteLength} bytes; a safetensors file has at least 8`, { found: source.byteLength });
  const size = source.read(0, 8);
  const length = new DataView(size.buffer, size.byteOffset).getBigUint64(0, true);
  if (length > BigInt(HEADER_LIMIT))
    throw malformed(file, `says its header has ${length.toString()} bytes; at most ${HEADER_LIMIT} are allowed`, {
      found: length.toString(),
      expected: HEADER_LIMIT,
    });
  const dataStart = 8 + Number(length);
  if (dataStart > source.byteLength)
    throw malformed(file, `says its header ends at byte ${dataStart} of ${source.byteLength}; the file is cut off`, {
      expected: dataStart,
      found: source.byteLength,
    });
  const text = headerText(source.read(8, dataStart), file);
  if (!text.startsWith('{')) throw malformed(file, 'its header does not start with "{"');
  return { header: uniqueKeys(text, file), dataStart };
}

function headerText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed(file, 'its header is not UTF-8');
  }
}

/** JSON.parse keeps the last of equal keys silently, so each of the outer keys is counted as it is read. */
function uniqueKeys(text: string, file: string): Map<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw malformed(file, `its header is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw malformed(file, 'its header is not a JSON object');
  const header = new Map<string, unknown>(Object.entries(parsed));
  const written = outerKeyCount(text);
  if (written !== header.size)
    throw malformed(file, `its header names ${written} tensors, only ${header.size} of them different`, {
      expected: written,
      found: header.size,
    });
  return header;
}

/** Number of keys of the outermost object of valid JSON. */
function outerKeyCount(text: string): number {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (character === ':' && depth === 1) keys += 1;
  }
  return keys;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function readMetadata(raw: unknown, file: string): Map<string, string> {
  if (raw === undefined) return new Map();
  if (typeof raw !== 'object' || raw === null || !Object.values(raw).every((value) => typeof value === 'string')) {
    throw malformed(file, `its ${METADATA_KEY} is not an object of texts`);
  }
  return new Map(Object.entries(raw as Record<string, string>));
}

function readEntry(name: string, raw: unknown, file: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(STORED_BYTES, dtype)) {
    throw malformed(file, `tensor "${name}" has the type ${shown(dtype)}; expected one of ${Object.keys(STORED_BYTES).join(', ')}`, {
      key: name,
    });
  }
  const type = dtype as StoredType;
  if (!isCounts(shape)) throw malformed(file, `tensor "${name}" has the shape ${shown(shape)}; expected integers`, { key: name });
  if (!isCounts(offsets) || offsets.length !== 2)
    throw malformed(file, `tensor "${name}" has the offsets ${shown(offsets)}; expected two integers`, { key: name });
  const [begin = 0, end = 0] = offsets;
  const expected = shape.reduce((product, length) => product * length, STORED_BYTES[type]);
  if (end - begin !== expected)
    throw malformed(file, `tensor "${name}" of shape (${shape.join(', ')}) has ${end - begin} bytes; expected ${expected}`, {
      key: name,
      expected,
      found: end - begin,
    });
  return { name, type, shape, begin, end };
}

/** Whatever the header has there, which may be all of its megabytes. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return value.length <= 16 && value.every((item) => typeof item === 'number') ? JSON.stringify(value) : `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value);
}

/** As many axes as NumPy has at most. */
function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Sorted by offset, the tensors must meet end to end and fill the data. */
function checkCoverage(entries: readonly Entry[], dataBytes: number, file: string): void {
  const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const { name, begin, end } of sorted) {
    if (begin !== reached) {
      const how = begin < reached ? 'overlaps the one before it' : 'leaves a hole before it';
      throw malformed(file, `tensor "${name}" starts at byte ${begin}; expected ${reached}, so it ${how}`, {
        key: name,
        expected: reached,
        found: begin,
      });
    }
    reached = end;
  }
  if (reached !== dataBytes)
    throw malformed(file, `has ${dataBytes} bytes of data; expected ${reached}`, { expected: reached, found: dataBytes });
}
