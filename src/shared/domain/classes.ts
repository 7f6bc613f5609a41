import * as z from 'zod';

/** Label-map value of background. */
export const BACKGROUND = 0;
/** Label-map value of pixels that count nowhere: void bands, undecided pixels. */
export const IGNORE = 255;
/** Label-map values 1..254 are classes, so a project holds at most this many. */
export const MAX_CLASSES = 254;

/** A foreground class. `index` is its value in label maps, 1-based; class vectors (tags, CAM channels) are 0-based: channel = index - 1. */
export const ClassInfo = z.strictObject({
  index: z.int().min(1).max(MAX_CLASSES),
  name: z.string().min(1).max(300),
  colour: z.tuple([z.int().min(0).max(255), z.int().min(0).max(255), z.int().min(0).max(255)]),
});
export type ClassInfo = z.infer<typeof ClassInfo>;

export type Rgb = readonly [number, number, number];

/** The colour of label `index` in the PASCAL VOC palette (bit-interleaved; VOCdevkit VOClabelcolormap). 255 is (224, 224, 192). */
export function vocColour(index: number): Rgb {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let bit = 7, rest = index; bit >= 0; bit--, rest >>= 3) {
    red |= (rest & 1) << bit;
    green |= ((rest >> 1) & 1) << bit;
    blue |= ((rest >> 2) & 1) << bit;
  }
  return [red, green, blue];
}

/** A colour for each label value, 0 to 255: the classes' own, VOC's for background, unused labels and pixels that count nowhere. */
export function labelColours(classes: readonly ClassInfo[]): readonly Rgb[] {
  const colours = Array.from({ length: IGNORE + 1 }, (_, label): Rgb => vocColour(label));
  for (const { index, colour } of classes) colours[index] = colour;
  return colours;
}
