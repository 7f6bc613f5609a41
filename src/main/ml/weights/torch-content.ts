import type { PickleValue } from './pickle/values.ts';

/** A parsed torch file: its object, and where the numbers of each storage lie. */
export interface TorchContent {
  readonly value: PickleValue;
  /** Little-endian bytes of storages by key. */
  readonly storages: ReadonlyMap<string, Uint8Array>;
}
