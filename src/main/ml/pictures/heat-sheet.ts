import type { ClassInfo, Rgb } from '#shared/domain/classes.ts';
import type { ScoreMaps } from '#shared/formats/score-maps.ts';
import { heatColours } from '#shared/raster/heat-palettes.ts';
import { fitLongSide, resizePlanesBilinear } from '#shared/raster/resize/resize.ts';
import type { PyramidLevel } from '../data/sample-protocol.ts';
import type { Picture } from '../stage.ts';
import { contactSheet, photoPicture, type SheetCell } from './sheet.ts';

const LONG_SIDE_PX = 320;
/** Photos with more tags show their first ones. */
const MOST_CLASSES = 5;
/** Share of the heat where it is hottest; the photo shows through everywhere. */
const OPACITY = 0.7;

/** A photo, and the map of each class as heat over it, with the class's dot. */
export function heatSheet(photo: PyramidLevel, maps: ScoreMaps, classes: readonly ClassInfo[]): Picture | null {
  const plain = photoPicture(photo, fitLongSide(photo, LONG_SIDE_PX));
  const { count, data } = resizePlanesBilinear(maps.planes, plain);
  const area = plain.width * plain.height;
  const cells = Array.from({ length: Math.min(count, MOST_CLASSES) }, (_, plane): SheetCell => {
    const colour = classes.find(({ index }) => index === maps.keys[plane])?.colour;
    return { picture: heatOver(plain, data.subarray(plane * area, (plane + 1) * area)), dots: colour === undefined ? [] : [colour] };
  });
  return contactSheet([{ picture: plain, dots: [] }, ...cells], 3);
}

/** `heat`: 0..1 a pixel. */
function heatOver(photo: Picture, heat: Float32Array): Picture {
  const palette: readonly Rgb[] = heatColours('turbo');
  const rgb = new Uint8Array(photo.rgb.length);
  for (let pixel = 0; pixel < heat.length; pixel++) {
    const value = Math.max(0, Math.min(1, heat[pixel] ?? 0));
    const colour = palette[Math.round(value * 255)] ?? [0, 0, 0];
    // Cold places keep the photo's own look, so that what is hot can be placed.
    const share = OPACITY * (0.25 + 0.75 * value);
    for (let channel = 0; channel < 3; channel++) {
      const at = pixel * 3 + channel;
      rgb[at] = Math.round((photo.rgb[at] ?? 0) * (1 - share) + (colour[channel] ?? 0) * share);
    }
  }
  return { width: photo.width, height: photo.height, rgb };
}
