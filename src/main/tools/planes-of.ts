import { PenumbraError } from '#shared/errors.ts';
import type { Planes } from '#shared/raster/planes.ts';

/** The plane of that number, or the only one. */
export function onePlane(file: string, { count, width, height, data }: Planes, wanted: number | undefined): Planes {
  const plane = wanted ?? (count === 1 ? 0 : -1);
  if (plane < 0 || plane >= count) {
    const fact = wanted === undefined ? 'expected one, or --plane' : `there is none with the number ${wanted}`;
    const remedy = count > 1 ? `Give --plane a number from 0 to ${count - 1}.` : 'Leave --plane out, or look whether these are the scores that are meant.';
    throw new PenumbraError('BAD_REQUEST', `${file} holds ${count === 1 ? 'one plane' : `${count} planes`}; ${fact}.`, { remedy });
  }
  const pixels = width * height;
  return { count: 1, width, height, data: data.subarray(plane * pixels, (plane + 1) * pixels) };
}

/** Edges, which are of one plane. */
export function oneEdgePlane(file: string, planes: Planes): Planes {
  if (planes.count === 1) return planes;
  throw new PenumbraError('BAD_REQUEST', `${file} holds ${planes.count} planes; expected edges of one.`, { remedy: 'Take --affinity features for features, or give edges as [H, W].' });
}

/** What is not finite would pass as very low or high, and after resizing be found elsewhere. */
export function assertFiniteScores(file: string, { width, height, data }: Planes): void {
  const wrong = data.findIndex((score) => !Number.isFinite(score));
  if (wrong === -1) return;
  const place = `plane ${Math.floor(wrong / (width * height))} at x = ${wrong % width}, y = ${Math.floor((wrong % (width * height)) / width)}`;
  throw new PenumbraError('BAD_REQUEST', `${file} holds ${data[wrong] ?? ''} in ${place}; expected finite numbers.`, { remedy: 'Look where the scores come from.' });
}
