import type { ByteSource } from '#shared/formats/byte-source.ts';
import type { ZipEntry } from '#shared/formats/zip.ts';
import { malformed, unsafe } from '../malformed.ts';
import { unpickle } from '../pickle/unpickler.ts';
import { entriesOf } from '../source/zip-file.ts';
import { INLINE_LIMIT_BYTES, type ByteRange, type TorchContent } from './content.ts';

/** torch 1.6 and later: a zip of `data.pkl` and one stored entry a storage, under one folder (networks-formats.md §3.1). */
export function readZip(source: ByteSource, file: string): TorchContent {
  const entries = entriesOf(source, file);
  const pickleEntry = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickleEntry === undefined) throw malformed(file, 'is a zip without data.pkl; expected one that torch.save wrote');
  const root = pickleEntry.name.slice(0, -'data.pkl'.length);
  if (entries.has(`${root}constants.pkl`)) throw unsafe(file, 'is a TorchScript program, not a state dict');
  refuseBigEndian(source, entries.get(`${root}byteorder`), file);
  const { value } = unpickle(rangeSource(rangeOf(source, pickleEntry, file)), 0, { file, inlineLimitBytes: INLINE_LIMIT_BYTES, loadStorage: null });
  const prefix = `${root}data/`;
  const storages = new Map(
    [...entries.values()]
      .filter(({ name }) => name.startsWith(prefix))
      .map((entry): [string, ByteRange] => [entry.name.slice(prefix.length), rangeOf(source, entry, file)]),
  );
  return { format: 'PyTorch (zip)', value, storages };
}

function refuseBigEndian(source: ByteSource, entry: ZipEntry | undefined, file: string): void {
  if (entry === undefined) return;
  const { start } = rangeOf(source, entry, file);
  const order = new TextDecoder().decode(source.read(start, start + Math.min(entry.bytes, 16))).trim();
  if (order !== 'little') throw malformed(file, `was written in the byte order "${order}"; only little-endian files are read`);
}

function rangeOf(source: ByteSource, entry: ZipEntry, file: string): ByteRange {
  if (entry.isDeflated) throw malformed(file, `the zip's entry "${entry.name}" is compressed; torch stores them plain`, { entry: entry.name });
  return { source, start: entry.start, end: entry.start + entry.bytes };
}

function rangeSource({ source, start, end }: ByteRange): ByteSource {
  return { byteLength: end - start, read: (from, until) => source.read(start + from, start + until) };
}
