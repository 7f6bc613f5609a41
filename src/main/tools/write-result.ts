import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { encodeNpy } from '#shared/formats/npy.ts';
import { faultPoint } from '#main/faults/faults.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { encodeRgbJpeg, encodeRgbPng } from '#main/images/rgb-files.ts';
import { encodeNpz } from '#main/ml/formats/npz.ts';
import { ENDINGS, type Ending, type Tool, type ToolResult } from './define-tool.ts';

/** What `target` is to be written as; throws BAD_REQUEST when the tool makes nothing of that kind of this file. */
export function endingOf(tool: Tool, settings: Readonly<Record<string, unknown>>, file: string, target: string): Ending {
  const given = path.extname(target).toLowerCase();
  const ending = ENDINGS.find((one) => one === (given === '.jpeg' ? '.jpg' : given));
  const possible = tool.endingsFor?.(settings, file) ?? tool.endings;
  if (ending !== undefined && possible.includes(ending)) return ending;
  // A JPEG never holds the values that it was made of.
  const reason = ending === '.jpg' && possible.includes('.png') ? ', as JPEG would change what its pixels say' : '';
  const list = possible.length === 1 ? possible[0] : `${possible.slice(0, -1).join(', ')} or ${possible.at(-1)}`;
  throw new PenumbraError('BAD_REQUEST', `${target} ends with "${given}"; ${tool.name} of ${path.basename(file)} is written as ${list}${reason}.`, {
    remedy: `Give --out a name that ends with ${list}.`,
  });
}

/** Where the bytes of `target` lie until they are whole. */
export function partialOf(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.partial`);
}

/** Writes what `ending` asks for, whole or not at all. False, and nothing written, when `isCancelled` before the file takes its name. */
export async function writeResult(target: string, ending: Ending, result: ToolResult, isCancelled: () => boolean): Promise<boolean> {
  const bytes = await encode(target, ending, result);
  const partial = partialOf(target);
  try {
    await writeFile(partial, bytes);
    faultPoint('tool-written');
    if (isCancelled()) {
      await rm(partial, { force: true });
      return false;
    }
    await rename(partial, target);
    return true;
  } catch (cause) {
    await rm(partial, { force: true });
    throw new PenumbraError('WRITE_FAILED', `${target} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, { remedy: 'Choose a folder that is there and may be written to.', cause });
  }
}

async function encode(target: string, ending: Ending, { arrays, labels, picture, json }: ToolResult): Promise<Uint8Array | string> {
  const [first] = Object.values(arrays ?? {});
  if (ending === '.json' && json !== undefined) return `${JSON.stringify(json)}\n`;
  if (ending === '.npy' && first !== undefined) return encodeNpy(first);
  if (ending === '.npz' && arrays !== undefined) return encodeNpz(arrays);
  if (ending === '.png' && labels !== undefined) return encodeLabelPng(notEmpty(target, labels()));
  if ((ending === '.png' || ending === '.jpg') && picture !== undefined) {
    const { width, height, data: rgb } = notEmpty(target, picture());
    return ending === '.png' ? encodeRgbPng({ width, height, rgb }) : encodeRgbJpeg({ width, height, rgb });
  }
  throw new RangeError(`${target}: the tool made nothing to write as ${ending}`);
}

function notEmpty<Raster extends { readonly width: number; readonly height: number }>(target: string, raster: Raster): Raster {
  if (raster.width > 0 && raster.height > 0) return raster;
  throw new PenumbraError('BAD_REQUEST', `${target} would be a picture of ${raster.width}×${raster.height} px, which no PNG or JPEG holds.`, { remedy: 'Write it as .npy.' });
}
