import type { ByteSource } from '#shared/formats/byte-source.ts';
import type { PickleValue } from '../pickle/values.ts';

/** Where bytes lie. */
export interface ByteRange {
  readonly source: ByteSource;
  readonly start: number;
  readonly end: number;
}

/** A parsed torch file: its object, and where the numbers of each storage lie. */
export interface TorchContent {
  readonly format: string;
  readonly value: PickleValue;
  /** Little-endian bytes of storages by key. */
  readonly storages: ReadonlyMap<string, ByteRange>;
}

/** Bytes that a torch file's pickle itself may hold; its numbers lie in storages. */
export const INLINE_LIMIT_BYTES = 2 ** 26;
