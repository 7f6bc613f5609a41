import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeNpy, type NpyArray } from '#shared/formats/npy.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { encodeRgbPng } from '#main/images/rgb-files.ts';
import { encodeNpz } from '#main/ml/formats/npz.ts';

/** Settings with which each tool works on the files of `writeToolFiles`, and the file that it is given. File names are relative. */
export const TOOL_RUNS: Readonly<Record<string, { readonly file: string; readonly settings?: Readonly<Record<string, string>> }>> = {
  crf: { file: 'photo.png', settings: { labels: 'labels.png', iterations: '3' } },
  slic: { file: 'photo.png', settings: { segments: '30' } },
  quickshift: { file: 'photo.png' },
  adjacency: { file: 'labels.png' },
  vote: { file: 'photo.png', settings: { labels: 'labels.png', segments: '30' } },
  canny: { file: 'photo.png' },
  sobel: { file: 'photo.png' },
  blur: { file: 'photo.png' },
  grey: { file: 'photo.png', settings: { blur: 'yes' } },
  lab: { file: 'photo.png' },
  resize: { file: 'photo.png', settings: { width: '20', height: '15' } },
  components: { file: 'labels.png' },
  contour: { file: 'labels.png' },
  box: { file: 'scores.npy', settings: { plane: '1' } },
  'perimeter-fit': { file: 'labels.png', settings: { scores: 'scores.npy', plane: '1' } },
  morph: { file: 'labels.png', settings: { label: '7', kind: 'close' } },
  distance: { file: 'labels.png' },
  affinity: { file: 'edges.npy' },
  walk: { file: 'edges.npy', settings: { scores: 'scores.npy', doublings: '3' } },
  livewire: { file: 'photo.png', settings: { from: '3,4', to: '30,20' } },
  wand: { file: 'photo.png', settings: { at: '3,4' } },
  boundary: { file: 'labels.png', settings: { truth: 'labels.png' } },
  palette: { file: 'labels.png' },
  rle: { file: 'labels.png' },
};

/** A photo, labels 0 and 7, edges and two planes of scores, all of 40 × 30 px. */
export async function writeToolFiles(folder: string): Promise<void> {
  const [width, height] = [40, 30];
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, index) => (Math.floor(index / 3) % width < 17 ? 40 : 200) + (index % 7));
  const write = (name: string, bytes: Uint8Array): Promise<void> => writeFile(path.join(folder, name), bytes);
  await write('photo.png', await encodeRgbPng({ width, height, rgb }));
  await write('labels.png', encodeLabelPng({ width, height, data: Uint8Array.from({ length: width * height }, (_, pixel) => (pixel % width < 20 ? 7 : 0)) }));
  await write('edges.npy', encodeNpy({ dtype: 'float32', shape: [height, width], data: Float32Array.from({ length: width * height }, (_, pixel) => (pixel % width === 17 ? 1 : 0)) }));
  await write('scores.npy', encodeNpy({ dtype: 'float32', shape: [2, height, width], data: Float32Array.from({ length: 2 * width * height }, (_, index) => (index % width) / width) }));
}

export async function writeNpy(file: string, array: NpyArray): Promise<void> {
  await writeFile(file, encodeNpy(array));
}

export async function writeNpz(file: string, arrays: Readonly<Record<string, NpyArray>>): Promise<void> {
  await writeFile(file, encodeNpz(arrays));
}

/** Settings of a run with its files in `folder`. */
export function settingsIn(folder: string, settings: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, /\.(png|np[yz])(:\w+)?$/.test(value) ? path.join(folder, value) : value]));
}
