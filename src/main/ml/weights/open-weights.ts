import { dirname, join } from 'node:path';
import type { ByteSource } from '#shared/formats/byte-source.ts';
import { malformed } from './malformed.ts';
import { isMxnet, openMxnet } from './mxnet/params.ts';
import { isNpy, openNpy, openNpz } from './numpy/read.ts';
import { openSafetensors } from './safetensors/read.ts';
import { fileSource, type FileSource } from './source/file-source.ts';
import { entriesOf } from './source/zip-file.ts';
import { openTfjs } from './tfjs/read.ts';
import { isZip, openTorchFile } from './torch/read.ts';
import type { WeightsFile } from './weights-file.ts';

const HEAD_BYTES = 16;

export interface OpenedWeights extends WeightsFile, Disposable {
  /** All the files that make it up: one, or model.json and its shards. */
  readonly paths: readonly string[];
}

/**
 * Opens a weights file of any format, which its first bytes tell. Tensors are read when asked for, one at a time, so files may be larger
 * than memory. Dispose of it to close the files.
 * @throws PenumbraError FILE_MISSING, WEIGHTS_MALFORMED, WEIGHTS_UNSAFE
 */
export function openWeights(path: string): OpenedWeights {
  const opened: FileSource[] = [];
  const paths: string[] = [];
  const close = (): void => {
    for (const source of opened) source[Symbol.dispose]();
  };
  const open = (at: string): FileSource => {
    const source = fileSource(at);
    opened.push(source);
    paths.push(at);
    return source;
  };
  try {
    const source = open(path);
    const weights = openSource(source, source.file, (name) => open(join(dirname(path), name)));
    return { ...weights, paths, [Symbol.dispose]: close };
  } catch (cause) {
    close();
    throw cause;
  }
}

/**
 * The same of bytes from anywhere.
 * @param shard opens the files that a model.json names
 */
export function openSource(source: ByteSource, file: string, shard: (name: string) => ByteSource): WeightsFile {
  const head = source.read(0, Math.min(HEAD_BYTES, source.byteLength));
  if (isNpy(head)) return openNpy(source, file);
  if (isMxnet(head)) return openMxnet(source, file);
  if (isZip(head)) return isNpz(source, file) ? openNpz(source, file) : openTorchFile(source, file);
  if (file.endsWith('.json') || head[0] === 0x7b) return openTfjs(source, file, shard);
  if (file.endsWith('.safetensors') || isSafetensors(head)) return openSafetensors(source, file);
  if (file.endsWith('.onnx')) throw malformed(file, 'is ONNX, which is written here but not read');
  return openTorchFile(source, file);
}

/** A header's length, then its brace: nothing else here begins so. */
function isSafetensors(head: Uint8Array): boolean {
  return head.length >= 9 && head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0);
}

function isNpz(source: ByteSource, file: string): boolean {
  const names = [...entriesOf(source, file).keys()];
  return names.length === 0 || names.some((name) => name.endsWith('.npy'));
}
