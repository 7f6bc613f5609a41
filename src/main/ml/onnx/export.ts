import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import type { HostTensor } from '../nn/host-tensor.ts';
import type { NetworkEntry } from '../nn/networks/catalogue.ts';
import { withReferenceNames } from '../weights/layouts/reference-names.ts';
import { openWeights } from '../weights/open-weights.ts';
import { retypedBytes } from '../weights/retype.ts';
import { refuseExisting, writeNewFile } from '../weights/source/new-files.ts';
import type { StoredType } from '../weights/stored-type.ts';
import type { StoredTensor } from '../weights/weights-file.ts';
import { onnxPieces, OPSET, type OnnxPort } from './model-file.ts';
import { recordNetwork } from './record-network.ts';

export interface OnnxExportOptions {
  /** The network's name in the catalogue, and what it is. */
  readonly name: string;
  readonly entry: NetworkEntry;
  readonly classes: number;
  /** Of the photos, in pixels. */
  readonly size: readonly [height: number, width: number];
  /** Inner results that become outputs beside `logits`. */
  readonly taps: readonly string[];
  /** Default: the reference's. */
  readonly outputStride?: number | undefined;
  /** Round what float32 cannot hold exactly instead of refusing it. */
  readonly roundToFloat32: boolean;
  /** What to take from the names of the weights. */
  readonly stripPrefix?: string | undefined;
}

export interface OnnxExport {
  readonly target: 'onnx';
  /** Format of what was read. */
  readonly from: string;
  readonly opset: number;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** Parameters that the file holds. */
  readonly tensors: number;
  readonly retyped: readonly { key: string; from: StoredType; to: StoredType }[];
  /** What the weights held and the network does not need for these outputs. */
  readonly leftOut: readonly { key: string; what: string }[];
}

const COUNTER = '.num_batches_tracked';

/**
 * Writes a network with its weights as an ONNX file, reads it back and compares every byte before it takes its name.
 * @throws PenumbraError EXPORT_TARGET_INVALID when the output exists, WEIGHTS_MISMATCH when the weights are not of this network or a value is not a float32, and what reading and writing throw
 */
export async function exportOnnx(input: string, output: string, options: OnnxExportOptions): Promise<OnnxExport> {
  refuseExisting(output);
  using opened = openWeights(input);
  const file = basename(input);
  const { tensors, others } = withReferenceNames(opened, file, options.stripPrefix);
  const weights = new Map([...tensors].map(([key, tensor]) => [key, float32(key, tensor, { ...options, file })]));
  const model = await recordNetwork({ ...options, weights, source: input });
  const pieces = onnxPieces(model);
  writeNewFile(output, pieces, (draft) => checkReadBack(draft, pieces));
  const written = new Set(model.initialisers.map(({ name }) => name));
  const kept = [...tensors].filter(([key]) => written.has(key));
  const unneeded = [...tensors.keys()].filter((key) => !written.has(key));
  const counters = unneeded.filter((key) => key.endsWith(COUNTER));
  return {
    target: 'onnx',
    from: opened.format,
    opset: OPSET,
    inputs: model.inputs,
    outputs: model.outputs,
    tensors: kept.length,
    retyped: kept.flatMap(([key, { type }]) => (type === 'F32' ? [] : [{ key, from: type, to: 'F32' as const }])),
    leftOut: [
      ...unneeded.filter((key) => !key.endsWith(COUNTER)).map((key) => ({ key, what: 'no output needs it' })),
      // One a norm: listed by name, they would hide the rest.
      ...(counters.length === 0 ? [] : [{ key: `*${COUNTER}`, what: `${counters.length} counters of training steps` }]),
      ...[...others].map(([key, what]) => ({ key, what })),
    ],
  };
}

function float32(key: string, tensor: StoredTensor, options: { readonly file: string; readonly roundToFloat32: boolean }): HostTensor {
  const bytes = retypedBytes(key, tensor, 'F32', { ...options, target: 'onnx' });
  // Where a file's tensor lies need not be a multiple of four.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return { shape: tensor.shape, values: new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4) };
}

function checkReadBack(draft: string, pieces: readonly Uint8Array[]): void {
  const back = readFileSync(draft);
  let at = 0;
  const same = pieces.every((piece) => Buffer.compare(piece, back.subarray(at, (at += piece.byteLength))) === 0);
  if (same && at === back.byteLength) return;
  throw new PenumbraError('WRITE_FAILED', 'What was written reads back otherwise; it was taken away again.', { remedy: 'Check the disk and try again.', details: { file: draft } });
}
