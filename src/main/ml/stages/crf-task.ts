import { PenumbraError } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { CrfParameters } from '#shared/raster/crf/crf-rows.ts';
import { denseCrf } from '#shared/raster/crf/dense-crf.ts';
import { unaryFromLabels, unaryFromScores } from '#shared/raster/crf/unary.ts';
import { wholeImage } from '#shared/raster/image-region.ts';
import type { Planes, Size } from '#shared/raster/planes.ts';
import { fitLongSide, resizeLabelsNearest, resizePlanesBilinear } from '#shared/raster/resize/resize.ts';
import { decodePhoto, type RgbImage } from '#main/images/photo.ts';
import type { ScoreMaps } from '#shared/formats/score-maps.ts';
import { bestLabels } from './bands.ts';
import { withBackground, type BackgroundRule } from './threshold-seeds.ts';

/** What the CRF starts from: a label map at photo size, or class scores on their grid. */
export type CrfStart =
  | { readonly from: 'labels'; readonly map: LabelMap; readonly labels: readonly number[]; readonly confidence: number }
  | { readonly from: 'scores'; readonly maps: ScoreMaps; readonly rule: BackgroundRule };

/** One image for a worker thread. */
export interface CrfTask {
  readonly photoPath: string;
  readonly photo: Size;
  /** Long side of the working size, px; null = photo size. */
  readonly longSidePx: number | null;
  readonly start: CrfStart;
  readonly parameters: CrfParameters;
}

/** Decodes the photo and refines. Throws what `decodePhoto` throws, and MASK_SIZE_MISMATCH when the photo changed its size. */
export async function runCrfTask(task: CrfTask): Promise<LabelMap> {
  const photo = await decodePhoto(task.photoPath, task.longSidePx === null ? {} : { longSide: task.longSidePx });
  const expected = task.longSidePx === null ? task.photo : fitLongSide(task.photo, task.longSidePx);
  if (photo.width !== expected.width || photo.height !== expected.height) {
    throw new PenumbraError(
      'MASK_SIZE_MISMATCH',
      `${task.photoPath} decodes to ${photo.width}×${photo.height} px; ` +
        `expected ${expected.width}×${expected.height} px from its size at import.`,
      { remedy: 'Put the photo back as it was imported, or make a new project for the new one.', details: { file: task.photoPath } },
    );
  }
  return refine(photo, task);
}

/** CRF at the working size; Q is scaled to the photo before the best label is taken, so borders stay smooth. */
export async function refine(photo: RgbImage, task: Pick<CrfTask, 'photo' | 'start' | 'parameters'>): Promise<LabelMap> {
  const { start } = task;
  const labels = start.from === 'labels' ? start.labels : [0, ...start.maps.keys];
  const q = denseCrf(wholeImage(photo), unaryAt(start, photo), task.parameters); // [L, h, w]
  return bestLabels(q, task.photo, labels);
}

/** Energies at the working size: labels by nearest, scores bilinearly straight from their grid. */
function unaryAt(start: CrfStart, size: Size): Planes {
  switch (start.from) {
    case 'labels':
      return unaryFromLabels(resizeLabelsNearest(start.map, size), start.labels, start.confidence);
    case 'scores':
      return unaryFromScores(withBackground(resizePlanesBilinear(start.maps.planes, size), start.rule));
  }
}
