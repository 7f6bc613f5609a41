import type { ByteSource } from './byte-source.ts';

const MAGIC = '\x93NUMPY';
const PREFIX_BYTES = 8;
/** NumPy itself warns beyond this. */
const HEADER_LIMIT = 65_536;
const MAX_AXES = 64;

export interface NpyHeader {
  /** Element type as NumPy writes it, such as `<f4` or `|O`. */
  readonly descr: string;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Where the data start. */
  readonly dataStart: number;
}

/** What is wrong with an .npy header, as the rest of a sentence that begins with the file's name. */
export class NpyFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NpyFault';
  }
}

/** The header of an .npy file (numpy/lib/format.py, versions 1.0 to 3.0). @throws NpyFault */
export function readNpyHeader(source: ByteSource): NpyHeader {
  if (source.byteLength < PREFIX_BYTES + 2 || latin1(source.read(0, MAGIC.length)) !== MAGIC) throw new NpyFault('does not begin as a NumPy array');
  const [version = 0] = source.read(6, 7);
  if (version < 1 || version > 3) throw new NpyFault(`has NumPy format version ${version}; expected 1 to 3`);
  const sizeBytes = version === 1 ? 2 : 4;
  const start = PREFIX_BYTES + sizeBytes;
  if (start > source.byteLength) throw new NpyFault('ends inside its header');
  const length = source.read(PREFIX_BYTES, start).reduce((sum, byte, index) => sum + byte * 256 ** index, 0);
  if (length > HEADER_LIMIT) throw new NpyFault(`says its header has ${length} bytes; expected at most ${HEADER_LIMIT}`);
  if (start + length > source.byteLength) throw new NpyFault('ends inside its header');
  const text = latin1(source.read(start, start + length));
  const match = /^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\),? ?\} *\n$/.exec(text);
  if (match === null) throw new NpyFault(`has a header that cannot be read: ${JSON.stringify(text.slice(0, 120))}`);
  const shape = (match[3] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  if (shape.length > MAX_AXES || !shape.every(Number.isSafeInteger)) throw new NpyFault(`has the shape (${shape.join(', ')})`);
  return { descr: match[1] ?? '', isFortran: match[2] === 'True', shape, dataStart: start + length };
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
