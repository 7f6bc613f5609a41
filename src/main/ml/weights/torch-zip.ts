import { malformed, unsafe } from './malformed.ts';
import { unpickle } from './pickle/unpickler.ts';
import { storedEntries } from './stored-zip.ts';
import type { TorchContent } from './torch-content.ts';

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
}

/** torch 1.6 and later: a zip of `data.pkl` and one stored entry a storage, under one folder (networks-formats.md §3.1). */
export function readZip(bytes: Uint8Array, file: string): TorchContent {
  const entries = storedEntries(bytes, file);
  const pickleName = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickleName === undefined) throw malformed(file, 'is a zip without data.pkl; expected one that torch.save wrote');
  const root = pickleName.slice(0, -'data.pkl'.length);
  if (entries.has(`${root}constants.pkl`)) throw unsafe(file, 'is a TorchScript program, not a state dict');
  const order = entries.get(`${root}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order).trim() !== 'little')
    throw malformed(file, 'was written on a big-endian machine; only little-endian files are read');
  const pickle = entries.get(pickleName) ?? new Uint8Array(0);
  const { value } = unpickle(pickle, 0, file);
  const prefix = `${root}data/`;
  const storages = new Map(
    [...entries].filter(([name]) => name.startsWith(prefix)).map(([name, entry]) => [name.slice(prefix.length), entry]),
  );
  return { value, storages };
}
