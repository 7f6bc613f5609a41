import { PenumbraError } from '#shared/errors.ts';
import { byteLength, floatField, integerField, nestedField, textField, type Pieces } from './wire.ts';

/** Of the standard operators: the first with layer norm; every runtime since 2022 has it. */
export const OPSET = 17;
/** The version of the format that came with it. */
const IR_VERSION = 8;
/** What a protobuf message can hold. */
const LIMIT_BYTES = 2 ** 31 - 1;

export type OnnxAttribute = { readonly int: number } | { readonly ints: readonly number[] } | { readonly float: number } | { readonly text: string };

export interface OnnxNode {
  readonly name: string;
  readonly type: string;
  /** Names of values; '' where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

/** A float32 input or output; lengths that are known only when it runs have a name. */
export interface OnnxPort {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  /** In an order in which each finds its inputs. */
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly metadata: ReadonlyMap<string, string>;
}

// Field numbers and enumerations below are those of onnx.proto3.

const ATTRIBUTE_TYPES = { float: 1, int: 2, text: 3, ints: 7 } as const;
const FLOAT = 1;
const INT64 = 7;

/**
 * The bytes of an ONNX file in pieces. Equal models give equal bytes.
 * @throws PenumbraError WEIGHTS_MISMATCH when they are more than one file can be
 */
export function onnxPieces(model: OnnxModel): Pieces {
  const graph = [
    ...model.nodes.flatMap((node) => nestedField(1, nodeMessage(node))),
    ...textField(2, model.name),
    ...model.initialisers.flatMap((tensor) => nestedField(5, tensorMessage(tensor))),
    ...model.inputs.flatMap((port) => nestedField(11, portMessage(port))),
    ...model.outputs.flatMap((port) => nestedField(12, portMessage(port))),
  ];
  const pieces = [
    ...integerField(1, IR_VERSION),
    ...textField(2, 'Penumbra'),
    ...nestedField(7, graph),
    ...nestedField(8, integerField(2, OPSET)),
    ...[...model.metadata].flatMap(([key, value]) => nestedField(14, [...textField(1, key), ...textField(2, value)])),
  ];
  const bytes = byteLength(pieces);
  if (bytes <= LIMIT_BYTES) return pieces;
  throw new PenumbraError('WEIGHTS_MISMATCH', `${model.name} would be an ONNX file of ${bytes} bytes; expected ${LIMIT_BYTES} at most, which is what the format holds.`, {
    remedy: 'Convert to safetensors, which has no such limit, or give fewer outputs with --classes.',
    details: { found: bytes, expected: LIMIT_BYTES },
  });
}

function nodeMessage({ name, type, inputs, outputs, attributes }: OnnxNode): Pieces {
  return [
    ...inputs.flatMap((input) => textField(1, input)),
    ...outputs.flatMap((output) => textField(2, output)),
    ...textField(3, name),
    ...textField(4, type),
    ...Object.entries(attributes).flatMap(([key, value]) => nestedField(5, attributeMessage(key, value))),
  ];
}

function attributeMessage(name: string, value: OnnxAttribute): Pieces {
  const type = (kind: keyof typeof ATTRIBUTE_TYPES): Pieces => integerField(20, ATTRIBUTE_TYPES[kind]);
  if ('float' in value) return [...textField(1, name), ...floatField(2, value.float), ...type('float')];
  if ('int' in value) return [...textField(1, name), ...integerField(3, value.int), ...type('int')];
  if ('text' in value) return [...textField(1, name), ...textField(4, value.text), ...type('text')];
  return [...textField(1, name), ...value.ints.flatMap((int) => integerField(8, int)), ...type('ints')];
}

/** Numbers are written as they lie in memory: little-endian, as ONNX wants them, on every platform that Node runs on here. */
function tensorMessage({ name, shape, values }: OnnxTensor): Pieces {
  return [
    ...shape.flatMap((length) => integerField(1, length)),
    ...integerField(2, values instanceof Float32Array ? FLOAT : INT64),
    ...textField(8, name),
    ...nestedField(9, [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]),
  ];
}

function portMessage({ name, shape }: OnnxPort): Pieces {
  const lengths = shape.flatMap((length) => nestedField(1, typeof length === 'number' ? integerField(1, length) : textField(2, length)));
  const tensorType = [...integerField(1, FLOAT), ...nestedField(2, lengths)];
  return [...textField(1, name), ...nestedField(2, nestedField(1, tensorType))];
}
