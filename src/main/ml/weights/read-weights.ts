import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import type { HostTensor } from '../nn/host-tensor.ts';
import { malformed } from './malformed.ts';
import { readSafetensors } from './safetensors.ts';
import { readTorchFile } from './torch-file.ts';
import { toHostTensors } from './weights-file.ts';

/** No network here is near this; it keeps a wrong path from filling the memory. */
const FILE_LIMIT_BYTES = 2 * 1024 ** 3 - 1;

/**
 * Tensors of a weights file as float32, by the reference's names: `.safetensors`, or torch's `.pth` and `.pt`.
 * @throws PenumbraError FILE_MISSING, WEIGHTS_MALFORMED, WEIGHTS_UNSAFE
 */
export async function readWeights(path: string): Promise<Map<string, HostTensor>> {
  const bytes = await readWhole(path);
  const file = basename(path);
  if (path.endsWith('.safetensors')) return toHostTensors(readSafetensors(bytes, file).tensors);
  return toHostTensors(readTorchFile(bytes, file));
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    await using handle = await open(path);
    const { size } = await handle.stat();
    if (size > FILE_LIMIT_BYTES)
      throw malformed(basename(path), `has ${size} bytes; at most ${FILE_LIMIT_BYTES} are read`, {
        found: size,
        expected: FILE_LIMIT_BYTES,
      });
    return await handle.readFile();
  } catch (cause) {
    if (cause instanceof PenumbraError) throw cause;
    throw new PenumbraError(
      'FILE_MISSING',
      `The weights file ${path} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        remedy: 'Check the path and its permissions.',
        details: { file: path },
        cause,
      },
    );
  }
}
