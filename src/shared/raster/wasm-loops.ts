const PAGE_BYTES = 65536;
const MAX_PAGES = 65536;
/** Memory up to this is kept for the next call; more goes back to the system with its last reader. */
const KEPT_BYTES = 64 * 2 ** 20;

export interface RunningLoops<Exports> {
  readonly memory: WebAssembly.Memory;
  readonly loops: Exports;
}

/**
 * Inner loops in WebAssembly with SIMD, compiled when first needed. Both ways to start them give null where they may not run (a page's policy, an old
 * browser) or more memory is asked for than WebAssembly addresses: TypeScript does the same then.
 */
export class WasmLoops<Exports> {
  readonly #base64: string;
  #compiled: WebAssembly.Module | 'refused' | null = null;
  #kept: RunningLoops<Exports> | null = null;

  constructor(base64: string) {
    this.#base64 = base64;
  }

  /** With memory of their own, at least `bytes`, all 0. */
  start(bytes: number): RunningLoops<Exports> | null {
    const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
    if (pages > MAX_PAGES) return null;
    try {
      if (this.#compiled === 'refused') return null;
      this.#compiled ??= new WebAssembly.Module(Uint8Array.from(atob(this.#base64), (character) => character.charCodeAt(0)));
    } catch {
      this.#compiled = 'refused';
      return null;
    }
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    // The exports are those of the file in assembly/ that was compiled.
    const loops = new WebAssembly.Instance(this.#compiled, { env: { memory } }).exports as unknown as Exports;
    return { memory, loops };
  }

  /** With memory that the next call takes over, and that holds what the last one left there. */
  borrow(bytes: number): RunningLoops<Exports> | null {
    if (this.#kept !== null && this.#kept.memory.buffer.byteLength >= bytes) return this.#kept;
    const started = this.start(bytes);
    this.#kept = bytes <= KEPT_BYTES ? started : null;
    return started;
  }
}

/** Lays arrays one behind the other, each from a multiple of 16 bytes. */
export class Placing {
  bytes = 0;

  /** Where an array of that many bytes lies. */
  place(bytes: number): number {
    const start = this.bytes;
    this.bytes += Math.ceil(bytes / 16) * 16;
    return start;
  }
}
