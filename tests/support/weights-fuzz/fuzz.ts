import { bytesSource, type ByteSource } from '#shared/formats/byte-source.ts';
import { PenumbraError } from '#shared/errors.ts';
import { withReferenceNames } from '#main/ml/weights/layouts/reference-names.ts';
import { openSource } from '#main/ml/weights/open-weights.ts';
import { STORED_BYTES } from '#main/ml/weights/stored-type.ts';
import { camDictionary } from '#main/ml/weights/numpy/cam-dictionary.ts';
import { randomFor } from '#main/ml/random/random.ts';
import { SUBJECTS, type FuzzInput } from './subjects.ts';

/** A file may ask for no more: what sharing allows it, and what a small .npz may unpack to. */
const TENSOR_FLOOR_BYTES = 2 ** 26;
const TENSOR_RATIO = 100;
const CODES: readonly string[] = ['WEIGHTS_MALFORMED', 'WEIGHTS_UNSAFE'];

export interface Outcome {
  readonly subject: string;
  readonly read: boolean;
  readonly elapsedMs: number;
}

/**
 * Gives a reader the input of this number: a function of seed and number alone. Throws when it does anything but read the file whole or
 * refuse it by an error that names it.
 */
export function fuzzOnce(seed: number, index: number): Outcome {
  const subject = SUBJECTS[index % SUBJECTS.length];
  if (subject === undefined) throw new Error('there are no subjects');
  const input = subject.make(randomFor(seed, 'weights', index));
  const startMs = performance.now();
  try {
    const read = readsOrRefuses(input);
    return { subject: subject.name, read, elapsedMs: performance.now() - startMs };
  } catch (cause) {
    throw new Error(`${subject.name}, seed ${seed}, input ${index}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function readsOrRefuses({ file, bytes, shards }: FuzzInput): boolean {
  const shard = (name: string): ByteSource => {
    const data = shards.get(name);
    if (data === undefined) throw new PenumbraError('FILE_MISSING', `${file}: there is no ${name}`, { remedy: 'None.', details: { file } });
    return bytesSource(data);
  };
  try {
    const weights = withReferenceNames(openSource(bytesSource(bytes), file, shard), file);
    camDictionary(weights.tensors);
    let asked = 0;
    for (const [key, tensor] of weights.tensors) {
      const expected = tensor.shape.reduce((product, side) => product * side, STORED_BYTES[tensor.type]);
      asked += expected;
      if (asked > TENSOR_FLOOR_BYTES + TENSOR_RATIO * bytes.byteLength) throw new Error(`its tensors ask for ${asked} bytes of ${bytes.byteLength}`);
      if (tensor.bytes().byteLength !== expected) throw new Error(`"${key}" has ${tensor.bytes().byteLength} bytes; expected ${expected}`);
      // Integers beyond 2^53 are refused as numbers; their bits were read.
      if (!['I64', 'U64'].includes(tensor.type)) tensor.values();
    }
    return true;
  } catch (thrown) {
    if (!(thrown instanceof PenumbraError)) throw thrown;
    if (thrown.code === 'FILE_MISSING' && file === 'model.json') return false;
    if (!CODES.includes(thrown.code)) throw new Error(`it was refused as ${thrown.code}`, { cause: thrown });
    if (!thrown.message.includes(file)) throw new Error(`the refusal does not name the file: ${thrown.message}`, { cause: thrown });
    return false;
  } finally {
    if (Object.keys(Object.prototype).length > 0) throw new Error('the prototype of all objects was written to');
  }
}
