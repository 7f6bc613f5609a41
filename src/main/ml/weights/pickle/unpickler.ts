import type { ByteSource } from '#shared/formats/byte-source.ts';
import { malformed, unsafe } from '../malformed.ts';
import { build } from './build.ts';
import { ByteReader } from './byte-reader.ts';
import { allowedGlobal, construct, persistentStorage } from './globals.ts';
import { describe, isKind, tuple, type PickleValue, type StorageReference } from './values.ts';

/** Far above any checkpoint or list of labels (COCO's needs some 3 million), far below what would exhaust memory. */
const VALUE_LIMIT = 16_000_000;
const CONTAINER_LIMIT = 2_000_000;
const MEMO_LIMIT = 4_000_000;
/** Entries of dicts that calls copy: few bytes of calls could copy one list again and again. Files have some thousand, of `_metadata`. */
const COPIED_LIMIT = 500_000;
const MARK_LIMIT = 1_000;
const TEXT_LIMIT_BYTES = 2 ** 20;

export interface PickleOptions {
  /** Shown in errors. */
  readonly file: string;
  /** How many bytes of numbers may stand in the pickle itself: many in NumPy files, few in torch's. */
  readonly inlineLimitBytes: number;
  /** What torch.storage._load_from_bytes makes; null: it is not allowed. */
  readonly loadStorage: ((bytes: Uint8Array) => StorageReference) | null;
}

export interface Unpickled {
  readonly value: PickleValue;
  /** Storages that were referred to, by key. */
  readonly storages: ReadonlyMap<string, StorageReference>;
  /** Offset of the first byte after the pickle. */
  readonly end: number;
}

/**
 * Reads one pickle of plain data, torch tensors and NumPy arrays (protocols 2 to 5). An opcode outside the table or a global outside the
 * allow-list ends it with an error; nothing in the file is ever looked up, imported or called.
 * @throws PenumbraError WEIGHTS_MALFORMED, WEIGHTS_UNSAFE
 */
export function unpickle(source: ByteSource, start: number, options: PickleOptions): Unpickled {
  return new Unpickler(new ByteReader(source, start, options.file), options).run();
}

class Unpickler {
  readonly #reader: ByteReader;
  readonly #file: string;
  readonly #options: PickleOptions;
  readonly #memo = new Map<number, PickleValue>();
  readonly #storages = new Map<string, StorageReference>();
  /** Lengths of the stack where MARKs stand. */
  readonly #marks: number[] = [];
  readonly #stack: PickleValue[] = [];
  #values = 0;
  #containers = 0;
  #copied = 0;
  #inlineBytes = 0;

  constructor(reader: ByteReader, options: PickleOptions) {
    this.#reader = reader;
    this.#options = options;
    this.#file = options.file;
  }

  run(): Unpickled {
    for (;;) {
      const at = this.#reader.position;
      const opcode = this.#reader.byte();
      if (opcode === 0x2e) return { value: this.#pop(), storages: this.#storages, end: this.#reader.position }; // STOP
      if (!this.#step(opcode)) {
        const found = `0x${opcode.toString(16).padStart(2, '0')}`;
        throw unsafe(this.#file, `has pickle opcode ${found} at byte ${at}, which files of tensors do not use`, { found, offset: at });
      }
      if (this.#values > VALUE_LIMIT || this.#containers > CONTAINER_LIMIT || this.#copied > COPIED_LIMIT || this.#memo.size > MEMO_LIMIT || this.#marks.length > MARK_LIMIT) {
        throw malformed(this.#file, `the pickle grows beyond what any state dict needs (byte ${at})`, { offset: at });
      }
    }
  }

  /** One opcode; false when it is not allowed. Hexadecimal values as in CPython's Lib/pickle.py. */
  #step(opcode: number): boolean {
    return this.#literal(opcode) || this.#container(opcode) || this.#memoised(opcode) || this.#object(opcode);
  }

  #literal(opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case 0x80: // PROTO
        this.#checkProtocol(reader.byte());
        return true;
      case 0x95: // FRAME: how the writer chunked the file; of no use to a reader that has it whole
        reader.uint64();
        return true;
      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4a: // BININT
        return this.#push(reader.int32());
      case 0x4b: // BININT1
        return this.#push(reader.byte());
      case 0x4d: // BININT2
        return this.#push(reader.uint16());
      case 0x8a: // LONG1
        return this.#push(narrowed(reader.long(reader.byte())));
      case 0x47: // BINFLOAT
        return this.#push(reader.float64BigEndian());
      case 0x58: // BINUNICODE
        return this.#push(this.#text(reader.uint32()));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(this.#text(reader.byte()));
      case 0x8d: // BINUNICODE8
        return this.#push(this.#text(reader.uint64()));
      case 0x55: // SHORT_BINSTRING
        return this.#push(this.#text(reader.byte()));
      case 0x42: // BINBYTES
        return this.#push(this.#inline(reader.uint32()));
      case 0x43: // SHORT_BINBYTES
        return this.#push(this.#inline(reader.byte()));
      case 0x8e: // BINBYTES8
        return this.#push(this.#inline(reader.uint64()));
      default:
        return false;
    }
  }

  #container(opcode: number): boolean {
    switch (opcode) {
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        return true;
      case 0x29: // EMPTY_TUPLE
        return this.#contain(tuple([]));
      case 0x85: // TUPLE1
        return this.#contain(tuple(this.#take(1)));
      case 0x86: // TUPLE2
        return this.#contain(tuple(this.#take(2)));
      case 0x87: // TUPLE3
        return this.#contain(tuple(this.#take(3)));
      case 0x74: // TUPLE
        return this.#contain(tuple(this.#sinceMark()));
      case 0x5d: // EMPTY_LIST
        return this.#contain([]);
      case 0x7d: // EMPTY_DICT
        return this.#contain(new Map());
      case 0x8f: // EMPTY_SET
        return this.#contain({ kind: 'set', items: [] });
      case 0x61: // APPEND
        return this.#extend(this.#take(1));
      case 0x65: // APPENDS
        return this.#extend(this.#sinceMark());
      case 0x90: // ADDITEMS
        return this.#extend(this.#sinceMark());
      case 0x73: // SETITEM
        return this.#setItems(this.#take(2));
      case 0x75: // SETITEMS
        return this.#setItems(this.#sinceMark());
      default:
        return false;
    }
  }

  #memoised(opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case 0x71: // BINPUT
        return this.#remember(reader.byte());
      case 0x72: // LONG_BINPUT
        return this.#remember(reader.uint32());
      case 0x94: // MEMOIZE
        return this.#remember(this.#memo.size);
      case 0x68: // BINGET
        return this.#push(this.#recall(reader.byte()));
      case 0x6a: // LONG_BINGET
        return this.#push(this.#recall(reader.uint32()));
      default:
        return false;
    }
  }

  #object(opcode: number): boolean {
    switch (opcode) {
      case 0x63: // GLOBAL
        return this.#push(allowedGlobal(`${this.#reader.line()}.${this.#reader.line()}`, this.#file));
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#take(2);
        if (typeof module !== 'string' || typeof name !== 'string')
          throw malformed(this.#file, `names a global by ${describe(module)} and ${describe(name)}`);
        return this.#push(allowedGlobal(`${module}.${name}`, this.#file));
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callee, argumentTuple] = this.#take(2);
        return this.#contain(this.#counted(construct(callee ?? null, argumentTuple ?? null, this.#options)));
      }
      case 0x62: {
        // BUILD
        const [state] = this.#take(1);
        build(this.#top(), state ?? null, this.#file);
        return true;
      }
      case 0x51: {
        // BINPERSID
        const storage = persistentStorage(this.#pop(), this.#file);
        this.#storages.set(storage.key, storage);
        return this.#push(storage);
      }
      default:
        return false;
    }
  }

  #checkProtocol(protocol: number): void {
    if (protocol < 2 || protocol > 5) throw malformed(this.#file, `pickle protocol ${protocol}; expected 2 to 5`, { found: protocol });
  }

  #push(value: PickleValue): true {
    this.#stack.push(value);
    this.#values += 1;
    return true;
  }

  #contain(value: PickleValue): true {
    this.#containers += 1;
    return this.#push(value);
  }

  #text(bytes: number): string {
    if (bytes > TEXT_LIMIT_BYTES) throw malformed(this.#file, `has a text of ${bytes} bytes at byte ${this.#reader.position}; at most ${TEXT_LIMIT_BYTES} are read, or the file is cut off`);
    return this.#reader.text(bytes);
  }

  #countInline(bytes: number): void {
    this.#inlineBytes += bytes;
    const limit = this.#options.inlineLimitBytes;
    if (this.#inlineBytes > limit) throw malformed(this.#file, `the pickle itself holds ${this.#inlineBytes} bytes of data; at most ${limit} are read`, { found: this.#inlineBytes, expected: limit });
  }

  #inline(bytes: number): Uint8Array {
    this.#countInline(bytes);
    // A copy: the window it lies in must not be kept for its sake.
    return new Uint8Array(this.#reader.bytes(bytes));
  }

  /** What a call makes is new each time, though what it is made from may stand in the file once: a few bytes of calls would fill the memory. */
  #counted(made: PickleValue): PickleValue {
    if (made instanceof Uint8Array) this.#countInline(made.byteLength);
    else if (made instanceof Map) this.#copied += made.size;
    return made;
  }

  #pop(): PickleValue {
    const floor = this.#marks.at(-1) ?? 0;
    const value = this.#stack.length > floor ? this.#stack.pop() : undefined;
    if (value === undefined) throw malformed(this.#file, `the pickle takes from an empty stack at byte ${this.#reader.position}`);
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw malformed(this.#file, `the pickle looks at an empty stack at byte ${this.#reader.position}`);
    return value;
  }

  #take(count: number): PickleValue[] {
    const items: PickleValue[] = [];
    for (let i = 0; i < count; i += 1) items.unshift(this.#pop());
    return items;
  }

  #sinceMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw malformed(this.#file, `the pickle closes what it never opened at byte ${this.#reader.position}`);
    const items = this.#stack.slice(mark);
    this.#stack.length = mark;
    return items;
  }

  #extend(items: readonly PickleValue[]): true {
    const target = this.#top();
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (isKind(target, 'set')) for (const item of items) target.items.push(item);
    else if (isKind(target, 'opaque object')) return true;
    else throw malformed(this.#file, `the pickle appends to ${describe(target)}`);
    return true;
  }

  #setItems(items: readonly PickleValue[]): true {
    const target = this.#top();
    if (isKind(target, 'opaque object')) return true;
    if (!(target instanceof Map) || items.length % 2 !== 0) throw malformed(this.#file, `the pickle sets items of ${describe(target)}`);
    for (let i = 0; i < items.length; i += 2) target.set(items[i] ?? null, items[i + 1] ?? null);
    return true;
  }

  #remember(index: number): true {
    this.#memo.set(index, this.#top());
    return true;
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw malformed(this.#file, `the pickle recalls memo ${index}, which it never stored`);
    return value;
  }
}

/** Integers as numbers where they are exact; larger ones, such as torch's magic number, stay big. */
function narrowed(value: bigint): number | bigint {
  const narrow = Number(value);
  return Number.isSafeInteger(narrow) ? narrow : value;
}
