import { dataset } from '#shared/contract/index.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { PhotoSource, TiledPhoto } from '../canvas/view/photo-source.ts';
import { blobUrl, call, getBlob } from './client.ts';
import { readLabelPng } from './label-png.ts';

const PYRAMID_POLL_MS = 500;

/**
 * The photo of an image, ready to be drawn: whole up to 16 Mpx, else as tiles, which are made first where they are not there yet
 * (`isBuilding` is told). Throws FILE_MISSING, IMAGE_UNREADABLE and what the pyramid failed with.
 */
export async function loadPhoto(imageId: string, signal: AbortSignal, isBuilding: () => void = () => undefined): Promise<PhotoSource> {
  for (;;) {
    const pyramid = await call(dataset.photoPyramid, { imageId }, { signal });
    if (pyramid.state === 'whole') {
      const picture = await pictureOf(await getBlob('display', imageId, { signal }), `the photo of ${imageId}`);
      return { kind: 'whole', width: pyramid.width, height: pyramid.height, picture };
    }
    if (pyramid.state === 'ready') return tiles(imageId, pyramid);
    if (pyramid.state === 'failed') throw pyramid.error === null ? undecodable(`the photo of ${imageId}`) : PenumbraError.fromValue(pyramid.error);
    isBuilding();
    await new Promise((resolve) => setTimeout(resolve, PYRAMID_POLL_MS));
    signal.throwIfAborted();
  }
}

/** The label map of a blob `layer`, `corrected` or `truth`, value by value. */
export async function loadLabelMap(blob: 'layer' | 'corrected' | 'conflicts' | 'truth', id: string, signal?: AbortSignal): Promise<LabelMap> {
  return readLabelPng(await getBlob(blob, id, signal === undefined ? {} : { signal }));
}

function tiles(imageId: string, { width, height, tilePx, levels }: Pick<TiledPhoto, 'width' | 'height' | 'tilePx' | 'levels'>): TiledPhoto {
  return {
    kind: 'tiles',
    width,
    height,
    tilePx,
    levels,
    load: async (level, x, y) => pictureOf(await getBlob('photo-tile', `${imageId}.${level}.${x}.${y}`), `a tile of ${blobUrl('photo-tile', imageId)}`),
  };
}

async function pictureOf(bytes: Uint8Array<ArrayBuffer>, what: string): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(new Blob([bytes]));
  } catch {
    throw undecodable(what);
  }
}

function undecodable(what: string): PenumbraError {
  return new PenumbraError('IMAGE_UNREADABLE', `The browser cannot show ${what}.`, { remedy: 'Check the file; import the folder again when it was replaced.', details: {} });
}
