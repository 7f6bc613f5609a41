import { STORED_BYTES } from '../stored-type.ts';
import { elementCount } from '../strided.ts';
import type { WritableTensors } from '../writable.ts';

/** As the converter of TensorFlow.js cuts: browsers cache no larger files. */
const SHARD_BYTES = 2 ** 22;

const DTYPES: Readonly<Record<string, string>> = { F32: 'float32', I32: 'int32', BOOL: 'bool' };

interface NamedPieces {
  readonly name: string;
  pieces(): Iterable<Uint8Array>;
}

/**
 * `model.json` and the shards it names, in the order they must be written. It holds weights under the reference's names and layouts, and no
 * topology: `tf.io.loadWeights` reads it, `tf.loadLayersModel` needs a network besides.
 */
export function tfjsFiles(tensors: WritableTensors): NamedPieces[] {
  const bytes = [...tensors.values()].reduce((sum, { type, shape }) => sum + elementCount(shape) * STORED_BYTES[type], 0);
  const count = Math.max(1, Math.ceil(bytes / SHARD_BYTES));
  const paths = Array.from({ length: count }, (_, index) => `group1-shard${index + 1}of${count}.bin`);
  const weights = [...tensors].map(([name, { type, shape }]) => {
    const dtype = DTYPES[type];
    if (dtype === undefined) throw new Error(`TensorFlow.js has no type ${type}`);
    return { name, shape, dtype };
  });
  const model = { format: 'weights', generatedBy: 'Penumbra', convertedBy: null, weightsManifest: [{ paths, weights }] };
  const stream = shards(tensors);
  return [
    ...paths.map((name) => ({ name, pieces: () => stream.next().value ?? [] })),
    { name: 'model.json', pieces: () => [new TextEncoder().encode(`${JSON.stringify(model)}\n`)] },
  ];
}

/** The tensors end to end, cut at every SHARD_BYTES; one tensor is in memory at a time. */
function* shards(tensors: WritableTensors): Generator<Uint8Array[], undefined> {
  let pieces: Uint8Array[] = [];
  let room = SHARD_BYTES;
  for (const tensor of tensors.values()) {
    const bytes = tensor.bytes();
    for (let at = 0; at < bytes.byteLength; ) {
      const piece = bytes.subarray(at, at + room);
      pieces.push(piece);
      at += piece.byteLength;
      room -= piece.byteLength;
      if (room > 0) continue;
      yield pieces;
      pieces = [];
      room = SHARD_BYTES;
    }
  }
  if (pieces.length > 0) yield pieces;
  return undefined;
}
