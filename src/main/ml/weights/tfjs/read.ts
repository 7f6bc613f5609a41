import * as z from 'zod';
import { joinedSource, type ByteSource } from '#shared/formats/byte-source.ts';
import { decodeFloat16 } from '#shared/formats/float16.ts';
import { malformed } from '../malformed.ts';
import { STORED_BYTES, type StoredType } from '../stored-type.ts';
import { elementCount } from '../strided.ts';
import { StoredTensor, type WeightsFile } from '../weights-file.ts';

const MODEL_LIMIT_BYTES = 2 ** 26;
const SHARD_LIMIT = 100_000;

const Shape = z.array(z.int().min(0)).max(16);
const Quantization = z.union([
  z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
  z.object({ dtype: z.literal('float16') }),
]);
const Weight = z.object({ name: z.string(), shape: Shape, dtype: z.string(), quantization: Quantization.optional() });
type Weight = z.infer<typeof Weight>;
const Model = z.object({
  format: z.string().nullish(),
  generatedBy: z.string().nullish(),
  convertedBy: z.string().nullish(),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(Weight) })),
});

const TYPES: ReadonlyMap<string, StoredType> = new Map([
  ['float32', 'F32'],
  ['int32', 'I32'],
  ['bool', 'BOOL'],
]);

/**
 * A TensorFlow.js model: `model.json` and the shards it names (networks-formats.md §3.5). Quantised weights come as the float32 that
 * TensorFlow.js itself makes of them. No weight is read yet.
 * @param shard opens a file beside model.json by its plain name
 * @throws PenumbraError WEIGHTS_MALFORMED
 */
export function openTfjs(source: ByteSource, file: string, shard: (name: string) => ByteSource): WeightsFile {
  const model = parseModel(source, file);
  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>();
  const used = new Set<string>();
  for (const group of model.weightsManifest) {
    const paths = group.paths.map((path) => plainName(path, used, file));
    const data = joinedSource(paths.map(shard));
    let at = 0;
    for (const weight of group.weights) {
      if (tensors.has(weight.name)) throw malformed(file, `names two weights "${weight.name}"`, { key: weight.name });
      if (weight.dtype === 'string') throw malformed(file, `weight "${weight.name}" holds texts; only numbers are read`, { key: weight.name });
      const { type, packedBytes, decode } = codec(weight, file);
      const [start, end] = [at, at + elementCount(weight.shape) * packedBytes];
      if (end > data.byteLength)
        throw malformed(file, `weight "${weight.name}" ends at byte ${end} of ${data.byteLength} in ${paths.join(', ')}`, { key: weight.name, expected: end, found: data.byteLength });
      tensors.set(weight.name, new StoredTensor({ file, key: weight.name, type, shape: weight.shape }, () => decode(data.read(start, end))));
      at = end;
    }
    if (at !== data.byteLength) throw malformed(file, `its shards ${paths.join(', ')} have ${data.byteLength} bytes; expected ${at}`, { expected: at, found: data.byteLength });
  }
  const metadata = new Map(['format', 'generatedBy', 'convertedBy'].flatMap((key): [string, string][] => {
    const value = model[key as 'format' | 'generatedBy' | 'convertedBy'];
    return typeof value === 'string' ? [[key, value]] : [];
  }));
  return { format: 'TensorFlow.js', tensors, metadata, others };
}

function parseModel(source: ByteSource, file: string): z.infer<typeof Model> {
  if (source.byteLength > MODEL_LIMIT_BYTES)
    throw malformed(file, `has ${source.byteLength} bytes; at most ${MODEL_LIMIT_BYTES} of a model.json are read`, { found: source.byteLength, expected: MODEL_LIMIT_BYTES });
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(source.read(0, source.byteLength)));
  } catch (cause) {
    throw malformed(file, `is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const parsed = Model.safeParse(raw);
  if (!parsed.success) throw malformed(file, `is no model.json of TensorFlow.js: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Shards lie beside model.json: a name that leads elsewhere is refused. */
function plainName(path: string, used: Set<string>, file: string): string {
  if (!/^[\w.+ -]+$/.test(path) || /^\.+$/.test(path)) throw malformed(file, `names the shard "${path.slice(0, 100)}"; expected the plain name of a file beside it`, { found: path.slice(0, 100) });
  if (used.has(path)) throw malformed(file, `names the shard "${path}" twice`, { found: path });
  if (used.size >= SHARD_LIMIT) throw malformed(file, `names more than ${SHARD_LIMIT} shards`);
  used.add(path);
  return path;
}

interface Codec {
  readonly type: StoredType;
  /** An element in the shard. */
  readonly packedBytes: number;
  readonly decode: (packed: Uint8Array) => Uint8Array;
}

function codec({ name, dtype, quantization }: Weight, file: string): Codec {
  const type = TYPES.get(dtype);
  if (type === undefined) throw malformed(file, `weight "${name}" has the type "${dtype}"; expected one of ${[...TYPES.keys()].join(', ')}`, { key: name, found: dtype });
  if (quantization === undefined) return { type, packedBytes: STORED_BYTES[type], decode: (packed) => packed };
  if (type === 'BOOL') throw malformed(file, `weight "${name}" is bool and quantised`, { key: name });
  if (quantization.dtype === 'float16') {
    if (type !== 'F32') throw malformed(file, `weight "${name}" is ${dtype} in float16; expected float32`, { key: name });
    return { type, packedBytes: 2, decode: (packed) => new Uint8Array(decodeFloat16(new Uint16Array(new Uint8Array(packed).buffer)).buffer) };
  }
  const { scale, min } = quantization;
  const packedBytes = quantization.dtype === 'uint8' ? 1 : 2;
  return {
    type,
    packedBytes,
    decode: (packed) => {
      const { buffer } = new Uint8Array(packed);
      const steps = packedBytes === 1 ? new Uint8Array(buffer) : new Uint16Array(buffer);
      // As tfjs-core's io_utils.ts: in double precision, then stored.
      const values = type === 'F32' ? Float32Array.from(steps, (step) => step * scale + min) : Int32Array.from(steps, (step) => Math.round(step * scale + min));
      return new Uint8Array(values.buffer);
    },
  };
}
