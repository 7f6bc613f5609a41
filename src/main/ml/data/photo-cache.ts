import { PenumbraError } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { decodePhoto, type RgbImage } from '#main/images/photo.ts';
import { resampleNearest } from './resample.ts';
import type { PhotoFile } from './sample-protocol.ts';

/**
 * Decoded photos and label maps, held up to a budget in bytes; the least recently used go first.
 * Photos larger than the asked long side are held reduced to it.
 */
export class PhotoCache {
  readonly #budgetBytes: number;
  readonly #held = new Map<string, RgbImage | LabelMap>(); // oldest use first
  #heldBytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** Throws the IMAGE_* and FILE_MISSING errors of `decodePhoto`. */
  async photo(file: PhotoFile, longSidePx: number): Promise<RgbImage> {
    return this.#get(`photo ${longSidePx} ${file.path}`, () => decodePhoto(file.path, { longSide: longSidePx }));
  }

  /**
   * The label map of a photo, brought by nearest to `size`, the size the photo is held at.
   * @throws MASK_SIZE_MISMATCH when the map on disk does not have the photo's full size.
   */
  async labels(path: string, file: PhotoFile, size: RgbImage): Promise<LabelMap> {
    return this.#get(`labels ${size.width}x${size.height} ${path}`, async () => {
      const map = await readLabelPng(path);
      if (map.width !== file.width || map.height !== file.height) {
        throw new PenumbraError(
          'MASK_SIZE_MISMATCH',
          `The label map ${path} is ${map.width} × ${map.height} px; its photo is ${file.width} × ${file.height} px.`,
          { remedy: 'Bring a mask of the photo’s size, or remove it.', details: { file: path } },
        );
      }
      return { width: size.width, height: size.height, data: resampleNearest(map.data, map, size) };
    });
  }

  async #get<T extends RgbImage | LabelMap>(key: string, make: () => Promise<T>): Promise<T> {
    const found = this.#held.get(key);
    if (found !== undefined) {
      this.#held.delete(key);
      this.#held.set(key, found);
      return found as T;
    }
    const made = await make();
    // Two requests for one photo may both have decoded it: the later one replaces the earlier.
    this.#drop(key);
    this.#held.set(key, made);
    this.#heldBytes += made.data.byteLength;
    for (const oldest of this.#held.keys()) {
      if (this.#heldBytes <= this.#budgetBytes) break;
      this.#drop(oldest);
    }
    return made;
  }

  #drop(key: string): void {
    this.#heldBytes -= this.#held.get(key)?.data.byteLength ?? 0;
    this.#held.delete(key);
  }
}
