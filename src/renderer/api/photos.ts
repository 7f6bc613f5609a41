import { dataset } from '#shared/contract/index.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { CountedMap } from '../canvas/mask/counted-map.ts';
import type { PhotoSource, TiledPhoto } from '../canvas/view/photo-source.ts';
import { strings } from '../strings/index.ts';
import { call, getBlob } from './client.ts';
import { decodeLabels, decodePicture, unshowable } from './pixel-jobs.ts';

const PYRAMID_POLL_MS = 500;

/**
 * The photo of an image, ready to be drawn: whole up to 16 Mpx, else as tiles, which are made first where they are not there yet
 * (`isBuilding` is told). Throws FILE_MISSING, IMAGE_UNREADABLE and what the pyramid failed with.
 */
export async function loadPhoto(imageId: string, signal: AbortSignal, isBuilding: () => void = () => undefined): Promise<PhotoSource> {
  for (;;) {
    const pyramid = await call(dataset.photoPyramid, { imageId }, { signal });
    if (pyramid.state === 'whole') {
      const { picture, reduced } = await decodePicture(await getBlob('display', imageId, { signal }), strings.trouble.photoOf(imageId));
      return { kind: 'whole', width: pyramid.width, height: pyramid.height, picture, reduced };
    }
    if (pyramid.state === 'ready') return tiles(imageId, pyramid);
    if (pyramid.state === 'failed') throw pyramid.error === null ? unshowable(strings.trouble.photoOf(imageId)) : PenumbraError.fromValue(pyramid.error);
    isBuilding();
    await new Promise((resolve) => setTimeout(resolve, PYRAMID_POLL_MS));
    signal.throwIfAborted();
  }
}

/** The label map of a blob, value by value and counted. Throws IMAGE_UNREADABLE. */
export async function loadLabelMap(blob: 'layer' | 'corrected' | 'conflicts' | 'truth', id: string, signal?: AbortSignal): Promise<CountedMap> {
  return decodeLabels(await getBlob(blob, id, signal === undefined ? {} : { signal }));
}

function tiles(imageId: string, { width, height, tilePx, levels }: Pick<TiledPhoto, 'width' | 'height' | 'tilePx' | 'levels'>): TiledPhoto {
  return {
    kind: 'tiles',
    width,
    height,
    tilePx,
    levels,
    load: async (level, x, y) => (await decodePicture(await getBlob('photo-tile', `${imageId}.${level}.${x}.${y}`), strings.trouble.tileOf(imageId))).picture,
  };
}
