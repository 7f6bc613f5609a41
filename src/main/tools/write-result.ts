import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { encodeNpy } from '#shared/formats/npy.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { encodeRgbPng } from '#main/images/rgb-png.ts';
import type { ToolResult } from './define-tool.ts';

/** Writes what the ending of `target` asks for, whole or not at all. BAD_REQUEST when the tool makes nothing of that kind. */
export async function writeResult(target: string, result: ToolResult): Promise<void> {
  const bytes = await encode(target, result);
  const partial = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.partial`);
  try {
    await writeFile(partial, bytes);
    await rename(partial, target);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new PenumbraError('WRITE_FAILED', `${target} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, { remedy: 'Choose a folder that is there and may be written to.', cause });
  }
}

async function encode(target: string, { array, labels, picture, json }: ToolResult): Promise<Uint8Array | string> {
  const ending = path.extname(target).toLowerCase();
  if (ending === '.npy' && array !== undefined) return encodeNpy(array);
  if (ending === '.json' && json !== undefined) return `${JSON.stringify(json)}\n`;
  if (ending === '.png' && labels !== undefined) return encodeLabelPng(labels);
  if (ending === '.png' && picture !== undefined) return encodeRgbPng({ width: picture.width, height: picture.height, rgb: picture.data });
  const possible = [array === undefined ? '' : '.npy', labels === undefined && picture === undefined ? '' : '.png', json === undefined ? '' : '.json'].filter((one) => one !== '');
  throw new PenumbraError('BAD_REQUEST', `${target} ends with "${ending}"; this tool writes ${possible.join(' and ')}.`, { remedy: `Give --out a name that ends with ${possible.join(' or ')}.` });
}
