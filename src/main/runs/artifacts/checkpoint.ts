import { createHash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { faultPoint } from '#main/faults/faults.ts';
import type { CheckpointSlot } from '#main/ml/stage.ts';
import { syncFolder, writeAtomically, writeError } from './atomic.ts';

const CURRENT = '.checkpoint';
const PREVIOUS = '.checkpoint-previous';
/** File header: 8 bytes magic, then the sha256 of the payload. */
const MAGIC = Buffer.from('PNCKPT01', 'latin1');
const HEADER_BYTES = MAGIC.length + 32;

/**
 * The checkpoint of one stage in its staging folder. Two generations are kept: a torn or damaged newest one
 * is passed over in favour of the one before.
 */
export class CheckpointFile implements CheckpointSlot {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async load(): Promise<Uint8Array | null> {
    return (await this.#read(CURRENT)) ?? (await this.#read(PREVIOUS));
  }

  async save(bytes: Uint8Array): Promise<void> {
    const hash = createHash('sha256').update(bytes).digest();
    // Only a whole newest generation may push out the one before.
    if ((await this.#read(CURRENT)) !== null) {
      try {
        await rename(join(this.#dir, CURRENT), join(this.#dir, PREVIOUS));
      } catch (error) {
        throw await writeError(error, join(this.#dir, CURRENT), null);
      }
    }
    faultPoint('checkpoint.between');
    await writeAtomically(join(this.#dir, CURRENT), Buffer.concat([MAGIC, hash, bytes]), 'checkpoint');
    await syncFolder(this.#dir);
    faultPoint('checkpoint.saved');
  }

  async drop(): Promise<void> {
    await rm(join(this.#dir, CURRENT), { force: true });
    await rm(join(this.#dir, PREVIOUS), { force: true });
  }

  async #read(name: string): Promise<Uint8Array | null> {
    let file: Buffer;
    try {
      file = await readFile(join(this.#dir, name));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
    if (file.length < HEADER_BYTES || !file.subarray(0, MAGIC.length).equals(MAGIC)) return null;
    const payload = file.subarray(HEADER_BYTES);
    const hash = createHash('sha256').update(payload).digest();
    return hash.equals(file.subarray(MAGIC.length, HEADER_BYTES)) ? new Uint8Array(payload) : null;
  }
}
