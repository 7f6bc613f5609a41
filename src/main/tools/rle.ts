import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { RasterTask } from '#shared/raster/raster-task.ts';
import type { ByteRaster } from '#shared/raster/rasters.ts';
import { cocoCountsFromString, cocoCountsToString, decodeCocoRle, encodeCocoRle } from '#shared/raster/rle/coco.ts';
import { decodeCvatMask, encodeCvatMask } from '#shared/raster/rle/cvat.ts';
import { decodeLabelStudioRle, encodeLabelStudioRle } from '#shared/raster/rle/label-studio.ts';
import { defineTool } from './define-tool.ts';
import { readLabels } from './read-input.ts';
import { labelsResult } from './results.ts';
import { oneOf, whole } from './settings.ts';

const Runs = z.array(z.int().min(0));
/** A code as this tool writes it, of any of the three tools. */
const Code = z.union([
  z.object({ format: z.literal('coco'), size: z.tuple([z.int().min(0), z.int().min(0)]), counts: z.union([z.string(), Runs]) }),
  z.object({
    format: z.literal('cvat'),
    image: z.object({ width: z.int().min(0), height: z.int().min(0) }),
    mask: z.object({ rle: Runs, left: z.int(), top: z.int(), width: z.int(), height: z.int() }).nullable(),
  }),
  z.object({ format: z.literal('label-studio'), original_width: z.int().min(0), original_height: z.int().min(0), rle: z.array(z.int().min(0).max(255)) }),
]);
const MAX_PIXELS = 500_000_000;

export const rleTool = defineTool({
  name: 'rle',
  summary: 'write a mask as run lengths of COCO, CVAT or Label Studio, or read one',
  description: 'A mask becomes .json of --format; .json that this tool wrote becomes a mask again, .png, .npy or .npz with 1 inside.',
  example: 'penumbra tool rle mask.png --format coco --label 8 --out mask.json',
  page: 'rle',
  endings: ['.json', '.png', '.npy', '.npz'],
  endingsFor: (_, file) => (isCode(file) ? ['.png', '.npy', '.npz'] : ['.json']),
  settings: z.object({
    format: oneOf(['coco', 'cvat', 'label-studio']).default('coco').describe('coco, cvat or label-studio'),
    label: whole(0, 2 ** 31 - 1).optional().describe('only pixels of this label (default: all that are not 0, so that VOC’s void, 255, counts as inside)'),
  }),
  async run(file, { format, label }, task) {
    if (isCode(file)) {
      const { width, height, data } = decode(await readCode(file), task);
      const labels = { width, height, data: data.map((value) => (value === 0 ? 0 : 1)) };
      return { facts: { width, height }, ...labelsResult(labels) };
    }
    const map = await readLabels(file);
    const { width, height } = map;
    const mask = { width, height, data: Uint8Array.from(map.data, (value) => ((label === undefined ? value !== 0 : value === label) ? 1 : 0)) };
    return { facts: { width, height, format }, json: encode(mask, format, task) };
  },
});

function isCode(file: string): boolean {
  return file.toLowerCase().endsWith('.json');
}

function encode(mask: ByteRaster, format: 'coco' | 'cvat' | 'label-studio', task: RasterTask): z.infer<typeof Code> {
  const { width, height } = mask;
  switch (format) {
    case 'coco':
      return { format, size: [height, width], counts: cocoCountsToString(encodeCocoRle(mask, task).counts) };
    case 'cvat': {
      const encoded = encodeCvatMask(mask, task);
      return { format, image: { width, height }, mask: encoded === null ? null : { ...encoded, rle: [...encoded.rle] } };
    }
    case 'label-studio':
      return { format, original_width: width, original_height: height, rle: [...encodeLabelStudioRle(mask, task)] };
  }
}

function decode(code: z.infer<typeof Code>, task: RasterTask): ByteRaster {
  switch (code.format) {
    case 'coco':
      return decodeCocoRle({ size: code.size, counts: typeof code.counts === 'string' ? cocoCountsFromString(code.counts) : code.counts }, task);
    case 'cvat':
      return code.mask === null ? { ...code.image, data: new Uint8Array(code.image.width * code.image.height) } : decodeCvatMask(code.mask, code.image, task);
    case 'label-studio':
      return decodeLabelStudioRle(Uint8Array.from(code.rle), { width: code.original_width, height: code.original_height }, task);
  }
}

async function readCode(file: string): Promise<z.infer<typeof Code>> {
  try {
    const code = Code.parse(JSON.parse(await readFile(file, 'utf8')));
    const [height, width] = code.format === 'coco' ? code.size : code.format === 'cvat' ? [code.image.height, code.image.width] : [code.original_height, code.original_width];
    if (width * height > MAX_PIXELS) throw new Error(`${width}×${height} px are more than ${MAX_PIXELS}`);
    return code;
  } catch (cause) {
    const fact = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll('\n', ' ') : cause instanceof Error ? cause.message : String(cause);
    throw new PenumbraError('BAD_REQUEST', `${file} is no mask of run lengths: ${fact}.`, { remedy: 'Give a file that "penumbra tool rle" wrote.', cause });
  }
}
