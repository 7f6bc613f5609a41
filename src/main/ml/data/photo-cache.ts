import { IGNORE } from '#shared/domain/classes.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { Size } from '#shared/raster/planes.ts';
import { resizeLabelsNearest } from '#shared/raster/resize/resize.ts';
import { decodeLabelPng } from '#main/images/palette-png.ts';
import { decodePhoto, type RgbImage } from '#main/images/photo.ts';
import type { LabelSource, PhotoFile } from './sample-protocol.ts';

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
   * @throws MASK_SIZE_MISMATCH when the map on disk does not have the photo's full size; MASK_UNKNOWN_CLASS.
   */
  async labels(source: LabelSource, file: PhotoFile, size: Size): Promise<LabelMap> {
    return this.#get(`labels ${size.width}x${size.height} ${source.name}`, () => {
      const map = decodeLabelPng(source.png, source.name).map;
      checkSize(map, file, source.name);
      checkClasses(map, source.lastClass, source.name);
      return resizeLabelsNearest(map, { width: size.width, height: size.height });
    });
  }

  async #get<T extends RgbImage | LabelMap>(key: string, make: () => T | Promise<T>): Promise<T> {
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

function checkSize(map: LabelMap, photo: Size, name: string): void {
  if (map.width === photo.width && map.height === photo.height) return;
  throw new PenumbraError(
    'MASK_SIZE_MISMATCH',
    `The label map ${name} is ${map.width} × ${map.height} px; its photo is ${photo.width} × ${photo.height} px.`,
    { remedy: 'Make or bring a label map of the photo’s size.', details: { file: name } },
  );
}

function checkClasses(map: LabelMap, lastClass: number, name: string): void {
  const foreign = map.data.find((label) => label > lastClass && label !== IGNORE);
  if (foreign === undefined) return;
  throw new PenumbraError('MASK_UNKNOWN_CLASS', `The label map ${name} holds class ${foreign}; the project has classes up to ${lastClass}.`, {
    remedy: 'Correct the label map, or add the class to the project.',
    details: { file: name, found: foreign, expected: lastClass },
  });
}
