import { encodeNpy, type NpyArray } from '#shared/formats/npy.ts';
import { zipPieces } from './zip-writer.ts';

/** Arrays by name as NumPy's .npz, deflated; read by shared/formats. Equal arrays give equal bytes. */
export function encodeNpz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const contents = Object.entries(arrays).map(([key, array]) => ({ name: `${key}.npy`, pieces: () => [encodeNpy(array)] }));
  return Buffer.concat([...zipPieces(contents, { deflate: true })]);
}
