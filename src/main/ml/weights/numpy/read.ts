import { bytesSource, type ByteSource } from '#shared/formats/byte-source.ts';
import { NpyFault, readNpyHeader, type NpyHeader } from '#shared/formats/npy-header.ts';
import { malformed } from '../malformed.ts';
import { fromNumpyType, inOrder, otherValue, storedTensor } from '../pickle/tensors.ts';
import { unpickle } from '../pickle/unpickler.ts';
import { describe, isKind, type PickleValue } from '../pickle/values.ts';
import { entriesOf, entryBytes, entrySource } from '../source/zip-file.ts';
import { STORED_BYTES } from '../stored-type.ts';
import { elementCount } from '../strided.ts';
import { readNestedStorage } from '../torch/legacy.ts';
import { StoredTensor, type WeightsFile } from '../weights-file.ts';

/** NumPy's own name of an array that was saved without one. */
const SOLE_ARRAY = 'arr_0';
/** CAMs of a photo have some 100 MB at most. */
const PICKLE_LIMIT_BYTES = 2 ** 30;

/** How far an .npz may unpack: this much, and `ratio` times what is packed. */
export interface NpzLimits {
  readonly fileBytes: number;
  /** Zeros pack a thousandfold, so that a slot or a sparse mask may be large; each is unpacked when it is asked for. */
  readonly arrayBytes: number;
  /** Pickled arrays are unpacked at once. */
  readonly pickledBytes: number;
  readonly ratio: number;
}

const LIMITS: NpzLimits = { fileBytes: 2 ** 32, arrayBytes: 2 ** 30, pickledBytes: 2 ** 26, ratio: 100 };

export function isNpy(head: Uint8Array): boolean {
  return head[0] === 0x93 && new TextDecoder('latin1').decode(head.subarray(1, 6)) === 'NUMPY';
}

/**
 * A NumPy `.npy` file: one array, or a pickled dict of them as PSA, IRN and Puzzle-CAM save their CAMs (networks-formats.md §3.6).
 * @throws PenumbraError WEIGHTS_MALFORMED, WEIGHTS_UNSAFE
 */
export function openNpy(source: ByteSource, file: string): WeightsFile {
  const content = arraysOf(source, file, SOLE_ARRAY);
  return { format: content.isPickled ? 'NumPy npy (pickled)' : 'NumPy npy', metadata: new Map(), tensors: content.tensors, others: content.others };
}

/**
 * NumPy's `.npz`: a zip of .npy files, stored or deflated. Arrays are read, and unpacked, when they are asked for, each time anew; pickled ones at once,
 * since they hold their names.
 * @throws PenumbraError WEIGHTS_MALFORMED, WEIGHTS_UNSAFE
 */
export function openNpz(source: ByteSource, file: string, limits = LIMITS): WeightsFile {
  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>();
  const entries = [...entriesOf(source, file).values()];
  const unpacked = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const requireUnpackable = (what: string, unpackedBytes: number, packedBytes: number, floor: number): void => {
    const limit = floor + limits.ratio * packedBytes;
    if (unpackedBytes <= limit) return;
    const message = `says that ${what} unpacks from ${packedBytes} to ${unpackedBytes} bytes; expected at most ${limit}`;
    throw malformed(file, message, { found: unpackedBytes, expected: limit }, 'If you trust the file, save its arrays without compression, as numpy.savez does.');
  };
  requireUnpackable('it', unpacked, source.byteLength, limits.fileBytes);
  for (const entry of entries) {
    const key = entry.name.replace(/\.npy$/, '');
    if (key === entry.name) {
      others.set(entry.name, 'a file that is no .npy');
      continue;
    }
    requireUnpackable(`"${key}"`, entry.bytes, entry.packedBytes, limits.arrayBytes);
    const array = entrySource(source, entry, file);
    const content = arraysOf(array, `${file} (${key})`, key, () => {
      if (!entry.isDeflated) return array;
      requireUnpackable(`the pickled "${key}"`, entry.bytes, entry.packedBytes, limits.pickledBytes);
      return bytesSource(entryBytes(source, entry, file));
    });
    for (const [inner, tensor] of content.tensors) tensors.set(content.isPickled ? `${key}.${inner}` : inner, tensor);
    for (const [inner, what] of content.others) others.set(content.isPickled ? `${key}.${inner}` : inner, what);
  }
  return { format: 'NumPy npz', tensors, metadata: new Map(), others };
}

interface Arrays {
  readonly tensors: Map<string, StoredTensor>;
  readonly others: Map<string, string>;
  readonly isPickled: boolean;
}

/** @param inPieces the same bytes, where they are read in many pieces as pickles are */
function arraysOf(source: ByteSource, file: string, key: string, inPieces: () => ByteSource = () => source): Arrays {
  const header = headerOf(source, file);
  const { descr, shape, isFortran, dataStart } = header;
  if (descr === '|O') return pickledArrays(inPieces(), header, file);
  const type = fromNumpyType(descr.slice(1));
  if (type === undefined || !/^[<>|=]/.test(descr)) return { tensors: new Map(), others: new Map([[key, `an array of type "${descr}"`]]), isPickled: false };
  const expected = elementCount(shape) * STORED_BYTES[type];
  const found = source.byteLength - dataStart;
  if (found !== expected) throw malformed(file, `holds ${found} bytes of data; expected ${expected} for shape (${shape.join(', ')})`, { key, expected, found });
  const read = (): Uint8Array => inOrder(source.read(dataStart, source.byteLength), { type, shape, isFortran, isBigEndian: descr.startsWith('>') });
  return { tensors: new Map([[key, new StoredTensor({ file, key, type, shape }, read)]]), others: new Map(), isPickled: false };
}

function headerOf(source: ByteSource, file: string): NpyHeader {
  try {
    return readNpyHeader(source);
  } catch (cause) {
    if (cause instanceof NpyFault) throw malformed(file, cause.message);
    throw cause;
  }
}

function pickledArrays(source: ByteSource, { dataStart }: NpyHeader, file: string): Arrays {
  const loadStorage = (bytes: Uint8Array): ReturnType<typeof readNestedStorage> => readNestedStorage(bytes, file);
  const { value, end } = unpickle(source, dataStart, { file, inlineLimitBytes: PICKLE_LIMIT_BYTES, loadStorage });
  if (end !== source.byteLength) throw malformed(file, `goes on for ${source.byteLength - end} bytes after its pickle`, { expected: end, found: source.byteLength });
  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>();
  for (const [key, item] of itemsOf(value, file)) {
    if (tensors.has(key) || others.has(key)) throw malformed(file, `holds "${key}" twice`, { key });
    const tensor = storedTensor(key, item, { file, storages: new Map() });
    if (tensor === null) others.set(key, otherValue(item));
    else tensors.set(key, tensor);
  }
  return { tensors, others, isPickled: true };
}

/** The entries of a dict in an array without axes, or the objects of a row of them, by key. */
function itemsOf(value: PickleValue, file: string): [string, PickleValue][] {
  const content = isKind(value, 'numpy array') ? value.content : null;
  if (content === null) throw malformed(file, `holds ${describe(value)}; expected a NumPy array of objects`);
  // Numbers pickled as an array; NumPy itself does not write these.
  if (content.data instanceof Uint8Array) return [[SOLE_ARRAY, value]];
  const items = content.data;
  if (items.length !== elementCount(content.shape)) throw malformed(file, `holds ${items.length} objects in an array of shape (${content.shape.join(', ')})`);
  const [only] = items;
  if (content.shape.length === 0 && only instanceof Map) {
    return [...only].map(([key, item]) => [keyText(key, file), item]);
  }
  return items.map((item, index) => [String(index), item]);
}

function keyText(key: PickleValue, file: string): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number') return String(key);
  // numpy integers as keys, as PSA's class numbers may be.
  const scalar = storedTensor('a key', key, { file, storages: new Map() });
  const [number] = scalar?.shape.length === 0 ? scalar.values() : [];
  if (number === undefined) throw malformed(file, `holds the key ${describe(key)}; expected text or an integer`);
  return String(number);
}
