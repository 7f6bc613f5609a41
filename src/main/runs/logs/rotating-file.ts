import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Size bounds of a log: at most `keep` files of `maxBytes`, the newest without a number. */
export interface Rotation {
  readonly maxBytes: number;
  readonly keep: number;
}

export const DEFAULT_ROTATION: Rotation = { maxBytes: 2 * 1024 * 1024, keep: 5 };

/**
 * A log file of bounded size: NAME.ndjson, then NAME.1.ndjson (older), NAME.2.ndjson ...
 * Writes are synchronous, so that a line is in the system's hands before whatever it warns of happens.
 * A log must never stop the work: when the disk is full, lines are dropped and counted.
 */
export class RotatingFile {
  readonly path: string;
  dropped = 0;
  readonly #rotation: Rotation;
  #fd: number | null = null;
  #bytes = 0;

  constructor(path: string, rotation: Rotation = DEFAULT_ROTATION) {
    this.path = path;
    this.#rotation = rotation;
  }

  /** Appends whole lines, each ended by a newline. Named as pino's destinations are. */
  write(text: string): void {
    try {
      const bytes = Buffer.from(text);
      this.#open();
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#rotation.maxBytes) this.#rotate();
      if (this.#fd === null) return;
      writeSync(this.#fd, bytes);
      this.#bytes += bytes.length;
    } catch {
      this.dropped += 1;
      this.close();
    }
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): void {
    if (this.#fd !== null) return;
    mkdirSync(dirname(this.path), { recursive: true });
    this.#fd = openSync(this.path, 'a');
    this.#bytes = fstatSync(this.#fd).size;
  }

  #rotate(): void {
    this.close();
    rmSync(rotatedName(this.path, this.#rotation.keep - 1), { force: true });
    for (let age = this.#rotation.keep - 2; age >= 0; age--) {
      const from = rotatedName(this.path, age);
      if (existsSync(from)) renameSync(from, rotatedName(this.path, age + 1));
    }
    this.#open();
  }
}

/** Name of the file `age` rotations ago; 0 is the one being written. */
export function rotatedName(path: string, age: number): string {
  return age === 0 ? path : path.replace(/\.ndjson$/, `.${String(age)}.ndjson`);
}
