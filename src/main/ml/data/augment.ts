import { IGNORE } from '#shared/domain/classes.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { fitLongSide, resizeLabelsNearest } from '#shared/raster/resize/resize.ts';
import type { RgbImage } from '#main/images/photo.ts';
import type { Random } from '../random/random.ts';
import { jitterColours, type JitterStrength } from './colour-jitter.ts';
import { resampleBicubic, scaled, withLongSide } from './resample.ts';
import { cutLabels, cutPhoto, randomWindow, wholePhoto } from './window.ts';

/** Augmentation of a photo whose tags are the target. */
export interface TagAugmentation {
  readonly kind: 'tags';
  readonly longSideFromPx: number;
  readonly longSideToPx: number;
  /** Side of the square crop; null = the whole photo, in its own shape. */
  readonly cropPx: number | null;
  readonly mirror: boolean;
  readonly jitter: JitterStrength;
}

/** Augmentation of a photo together with its label map. */
export interface MaskAugmentation {
  readonly kind: 'masks';
  /** Photos are reduced to this long side before the random scale. */
  readonly longSidePx: number;
  readonly scaleFrom: number;
  readonly scaleTo: number;
  readonly cropPx: number;
  readonly mirror: boolean;
  readonly jitter: JitterStrength;
}

/** One augmented photo: RGB in -1..1, [height, width, 3], and its labels, [height, width]. */
export interface TrainingSample {
  readonly width: number; // px
  readonly height: number; // px
  readonly pixels: Float32Array;
  readonly labels: Uint8Array | null;
}

const isOff = (jitter: JitterStrength): boolean => jitter.brightness === 0 && jitter.contrast === 0 && jitter.saturation === 0 && jitter.hue === 0;

/** Order as published (psa, methods/cam.md §0): random long side, mirror, colour jitter, normalise, random crop. */
export function augmentForTags(photo: RgbImage, options: TagAugmentation, random: Random): TrainingSample {
  const longSide = random.integer(options.longSideFromPx, options.longSideToPx);
  const mirrored = options.mirror && random.chance(0.5);
  const size = withLongSide(photo, longSide);
  const resized = resampleBicubic(photo, size.width, size.height);
  const coloured = isOff(options.jitter) ? resized : jitterColours(resized, options.jitter, random);
  if (options.cropPx === null) return { ...size, pixels: wholePhoto(coloured, mirrored), labels: null };
  const window = randomWindow(size, options.cropPx, random);
  return { width: options.cropPx, height: options.cropPx, pixels: cutPhoto(coloured, window, mirrored), labels: null };
}

/** Scale, mirror, jitter, crop. The label map follows by nearest, and is 255 where the window leaves the photo. */
export function augmentForMasks(photo: RgbImage, labels: LabelMap, options: MaskAugmentation, random: Random): TrainingSample {
  const scale = random.between(options.scaleFrom, options.scaleTo);
  const mirrored = options.mirror && random.chance(0.5);
  const size = scaled(fitLongSide(photo, options.longSidePx), scale);
  const resized = resampleBicubic(photo, size.width, size.height);
  const coloured = isOff(options.jitter) ? resized : jitterColours(resized, options.jitter, random);
  const window = randomWindow(size, options.cropPx, random);
  return {
    width: options.cropPx,
    height: options.cropPx,
    pixels: cutPhoto(coloured, window, mirrored),
    labels: cutLabels(resizeLabelsNearest(labels, size), window, mirrored, IGNORE),
  };
}
