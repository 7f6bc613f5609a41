import { assertLength, assertWithin } from '../bad-input.ts';
import { assertFitsPixels } from '../memory.ts';
import type { ByteRaster } from '../rasters.ts';
import { checkpoint, EVERY_RUN, rowsARun, type RasterTask } from '../raster-task.ts';

/** The border of a component as OpenCV follows it: px coordinates of border pixels, x and y in turn. */
export interface Contour {
  readonly points: Int32Array; // [n * 2]
  /** Area of the polygon through the pixel centres, px²: 0 for a line or a lone pixel. */
  readonly areaPx: number;
}

/** Left, top, width and height in px; cv2.boundingRect. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

// Clockwise from the right in steps of 45°, y downwards: OpenCV's chain code.
const DX = [1, 1, 0, -1, -1, -1, 0, 1];
const DY = [0, -1, -1, -1, 0, 1, 1, 1];

/**
 * Outer borders of the 8-connected components of `mask`, in the order of their first pixels by rows; cv2.findContours(RETR_EXTERNAL) for the
 * components that lie in no hole. `simple` leaves out points on straight runs (CHAIN_APPROX_SIMPLE).
 */
export function externalContours(mask: ByteRaster, options: { readonly simple: boolean }, task?: RasterTask): Contour[] {
  assertLength('contours', mask.width, mask.height, 1, mask.data.length);
  assertFitsPixels('contours', mask, 2);
  // One pixel of margin, so that no step has to look for the edge.
  const width = mask.width + 2;
  const height = mask.height + 2;
  const inside = new Uint8Array(width * height);
  const run = rowsARun(width);
  for (let y = 0; y < mask.height; y++) {
    if (y % run === 0) checkpoint(task, (0.25 * y) / mask.height);
    for (let x = 0; x < mask.width; x++) inside[(y + 1) * width + x + 1] = mask.data[y * mask.width + x] === 0 ? 0 : 1;
  }
  const seen = new Uint8Array(width * height);
  const steps = DX.map((dx, code) => dx + (DY[code] ?? 0) * width);
  const contours: Contour[] = [];
  const stack: number[] = [];
  let reached = 0; // pixels of components
  for (let start = 0; start < inside.length; start++) {
    if ((start & EVERY_RUN) === 0) checkpoint(task, 0.25 + (0.75 * start) / inside.length);
    if (inside[start] === 0 || seen[start] === 1) continue;
    contours.push(followBorder(inside, width, start, steps, options.simple, task));
    seen[start] = 1;
    stack.push(start);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      // A component may be the whole image.
      if ((++reached & EVERY_RUN) === 0) checkpoint(task, 0.25 + (0.75 * start) / inside.length);
      for (const step of steps) {
        if (inside[at + step] === 0 || seen[at + step] === 1) continue;
        seen[at + step] = 1;
        stack.push(at + step);
      }
    }
  }
  checkpoint(task, 1);
  return contours;
}

/** Suzuki's border following from the top-left pixel of a component, as OpenCV does it. */
function followBorder(inside: Uint8Array, width: number, start: number, steps: readonly number[], simple: boolean, task: RasterTask | undefined): Contour {
  const points: number[] = [];
  let x = (start % width) - 1;
  let y = Math.floor(start / width) - 1;
  let code = 4;
  do code = (code + 7) & 7;
  while (inside[start + (steps[code] ?? 0)] === 0 && code !== 4);
  if (code === 4) return { points: Int32Array.of(x, y), areaPx: 0 };
  const last = start + (steps[code] ?? 0);
  let at = start;
  let previous = code ^ 4;
  let twiceArea = 0;
  for (let followed = 1; ; followed++) {
    if ((followed & EVERY_RUN) === 0) checkpoint(task, 0.25 + (0.75 * start) / inside.length);
    do code = (code + 1) & 7;
    while (inside[at + (steps[code] ?? 0)] === 0);
    const next = at + (steps[code] ?? 0);
    if (!simple || code !== previous) points.push(x, y);
    previous = code;
    const toX = x + (DX[code] ?? 0);
    const toY = y + (DY[code] ?? 0);
    twiceArea += x * toY - toX * y;
    x = toX;
    y = toY;
    if (next === start && at === last) break;
    at = next;
    code = (code + 4) & 7;
  }
  return { points: Int32Array.from(points), areaPx: Math.abs(twiceArea) / 2 };
}

/** The contour of largest area, or null for an empty mask. Of equal ones the one whose first pixel comes last by rows, as OpenCV lists them. */
export function largestContour(contours: readonly Contour[]): Contour | null {
  let largest: Contour | null = null;
  for (const contour of contours) if (largest === null || contour.areaPx >= largest.areaPx) largest = contour;
  return largest;
}

/** The smallest upright box around a contour. */
export function boundingBox(contour: Contour): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < contour.points.length; at += 2) {
    const [x, y] = [contour.points[at] ?? 0, contour.points[at + 1] ?? 0];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * The box of a class map by the rule of TS-CAM (methods/rws-crt.md §3.2): scores in 0..255, pixels above ⌊threshold · largest⌋, box of the largest
 * contour as [left, top, right, bottom] with right = left + width; [0, 0, 1, 1] where there is none. BAD_REQUEST for a threshold outside 0..1.
 */
export function boxOfScores(scores: ByteRaster, threshold: number, task?: RasterTask): readonly [number, number, number, number] {
  assertWithin('box of scores', 'threshold', threshold, 0, 1);
  let largest = 0;
  for (const score of scores.data) largest = Math.max(largest, score);
  const limit = Math.floor(threshold * largest);
  const above = { ...scores, data: scores.data.map((score) => (score > limit ? 255 : 0)) };
  const contour = largestContour(externalContours(above, { simple: true }, task));
  if (contour === null) return [0, 0, 1, 1];
  const { x, y, width, height } = boundingBox(contour);
  return [x, y, x + width, y + height];
}
