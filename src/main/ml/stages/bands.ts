import type { LabelMap } from '#shared/mask/label-map.ts';
import { argmaxPlanes, positionsToLabels } from '#shared/raster/background.ts';
import type { Planes, Size } from '#shared/raster/planes.ts';
import { resizePlanesBilinear } from '#shared/raster/resize/resize.ts';

/** Some rows of an image. */
export interface Rows {
  readonly top: number;
  readonly height: number;
}

/** Numbers of a band: 64 MiB of float32. Photos of usual size are one band. */
const BAND_NUMBERS = 2 ** 24;

/** All rows of an image in bands that hold a bounded count of numbers, so that of a huge photo no whole plane of them need be in memory. */
export function bandsOf({ width, height }: Size, planes: number, numbers = BAND_NUMBERS): Rows[] {
  const rows = Math.max(1, Math.floor(numbers / (width * Math.max(planes, 1))));
  return Array.from({ length: Math.ceil(height / rows) }, (_, i) => ({ top: i * rows, height: Math.min(rows, height - i * rows) }));
}

export interface BandWork {
  /** What becomes of a band's scores before the best are taken, pixel by pixel. */
  readonly finish?: (band: Planes) => Planes;
  /** Called before each band: all of them may take minutes. */
  readonly breathe?: () => Promise<void>;
  readonly numbers?: number;
}

/** Scores at photo size, bilinearly, then the label of the best plane at each pixel, band by band; `labels` are those of the planes. */
export async function bestLabels(scores: Planes, photo: Size, labels: readonly number[], { finish, breathe, numbers }: BandWork = {}): Promise<LabelMap> {
  const { width, height } = photo;
  const data = new Uint8Array(width * height);
  // Scores and what is made of them lie side by side.
  for (const rows of bandsOf(photo, 2 * labels.length, numbers)) {
    await breathe?.();
    const band = resizePlanesBilinear(scores, photo, undefined, rows);
    data.set(argmaxPlanes(finish === undefined ? band : finish(band)), rows.top * width);
  }
  return { width, height, data: positionsToLabels(data, labels) };
}
