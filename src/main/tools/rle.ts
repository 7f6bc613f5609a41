import * as z from 'zod';
import type { RasterTask } from '#shared/raster/raster-task.ts';
import type { ByteRaster } from '#shared/raster/rasters.ts';
import { cocoCountsFromString, cocoCountsToString, decodeCocoRle, encodeCocoRle } from '#shared/raster/rle/coco.ts';
import { decodeCvatMask, encodeCvatMask } from '#shared/raster/rle/cvat.ts';
import { decodeLabelStudioRle, encodeLabelStudioRle } from '#shared/raster/rle/label-studio.ts';
import { defineTool } from './define-tool.ts';
import { isMaskCode, readMaskCode, type MaskCode } from './mask-code.ts';
import { readLabels } from './read-input.ts';
import { labelsResult } from './results.ts';
import { oneOf, whole } from './settings.ts';

export const rleTool = defineTool({
  name: 'rle',
  summary: 'write a mask as run lengths of COCO, CVAT or Label Studio, or read one',
  description: 'A mask becomes .json of --format. .json that this tool or pycocotools wrote, an annotation or export of COCO or Label Studio, and .xml of CVAT for images 1.1 become a mask, .png, .npy or .npz with 1 inside, where they hold one.',
  example: 'penumbra tool rle mask.png --format coco --label 8 --out mask.json',
  page: 'rle',
  endings: ['.json', '.png', '.npy', '.npz'],
  endingsFor: (_, file) => (isMaskCode(file) ? ['.png', '.npy', '.npz'] : ['.json']),
  settings: z.object({
    format: oneOf(['coco', 'cvat', 'label-studio']).default('coco').describe('coco, cvat or label-studio'),
    label: whole(0, 2 ** 31 - 1).optional().describe('only pixels of this label (default: all that are not 0, so that VOC’s void, 255, counts as inside)'),
  }),
  async run(file, { format, label }, task) {
    if (isMaskCode(file)) {
      const { width, height, data } = decode(await readMaskCode(file), task);
      const labels = { width, height, data: data.map((value) => (value === 0 ? 0 : 1)) };
      return { facts: { width, height }, ...labelsResult(labels) };
    }
    const map = await readLabels(file);
    const { width, height } = map;
    const mask = { width, height, data: Uint8Array.from(map.data, (value) => ((label === undefined ? value !== 0 : value === label) ? 1 : 0)) };
    return { facts: { width, height, format }, json: encode(mask, format, task) };
  },
});

function encode(mask: ByteRaster, format: 'coco' | 'cvat' | 'label-studio', task: RasterTask): MaskCode {
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

function decode(code: MaskCode, task: RasterTask): ByteRaster {
  switch (code.format) {
    case 'coco':
      return decodeCocoRle({ size: code.size, counts: typeof code.counts === 'string' ? cocoCountsFromString(code.counts) : code.counts }, task);
    case 'cvat':
      return code.mask === null ? { ...code.image, data: new Uint8Array(code.image.width * code.image.height) } : decodeCvatMask(code.mask, code.image, task);
    case 'label-studio':
      return decodeLabelStudioRle(Uint8Array.from(code.rle), { width: code.original_width, height: code.original_height }, task);
  }
}
