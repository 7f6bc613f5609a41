import * as tf from '@tensorflow/tfjs-core';
import type { TensorBackend } from '../backend/backend.ts';
import { combine, concat, forEachPhoto, linearProduct, mean, product, reshape, slice, softmax, split, sumOf, transpose } from './expressions.ts';
import { constant, type Value } from './graph.ts';
import { recordedOps } from './recorded-ops.ts';

/** Under which tfjs knows it. */
const NAME = 'penumbra-recorder';

/**
 * A tensor engine that computes nothing: it notes which operation each tensor comes from, so that running a network once writes it down. It knows
 * those operations that networks use; tfjs refuses any other by name.
 */
class Recorder extends tf.KernelBackend {
  readonly #held = new Map<object, { value: Value; references: number }>();
  /** The photos, whose count the file leaves open. */
  images: Value | null = null;

  recorded(dataId: object): Value {
    const held = this.#held.get(dataId);
    if (held === undefined) throw new Error('a tensor of another engine, or one that is gone');
    return held.value;
  }

  declare(dataId: object, value: Value): void {
    const held = this.#held.get(dataId);
    if (held === undefined) throw new Error('a tensor of another engine, or one that is gone');
    held.value = value;
  }

  info(value: Value): tf.TensorInfo {
    const dataId = {};
    this.#held.set(dataId, { value, references: 1 });
    return { dataId, shape: [...value.shape], dtype: 'float32' };
  }

  override write(values: tf.backend_util.BackendValues, shape: number[]): object {
    if (!(values instanceof Float32Array)) throw new Error('the recorder holds float32 alone');
    return this.info(constant(values, shape)).dataId;
  }

  override refCount(dataId: object): number {
    return this.#held.get(dataId)?.references ?? 0;
  }

  override incRef(dataId: object): void {
    const held = this.#held.get(dataId);
    if (held !== undefined) held.references += 1;
  }

  override disposeData(dataId: object): boolean {
    const held = this.#held.get(dataId);
    if (held === undefined) return true;
    held.references -= 1;
    if (held.references > 0) return false;
    return this.#held.delete(dataId);
  }

  override numDataIds(): number {
    return this.#held.size;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.#held.clear();
  }
}

interface Call {
  readonly recorder: Recorder;
  readonly operand: (name: string) => Value;
  readonly operands: () => Value[];
  readonly numbers: (name: string) => number[];
  readonly isSet: (name: string) => boolean;
}

/** tfjs' kernels that networks reach without `TensorOps`. */
const KERNELS: Readonly<Record<string, (call: Call) => Value | Value[]>> = {
  Identity: ({ operand }) => operand('x'),
  Add: ({ operand }) => combine('Add', operand('a'), operand('b')),
  AddN: ({ operands }) => sumOf(operands()),
  Multiply: ({ operand }) => combine('Mul', operand('a'), operand('b')),
  Maximum: ({ operand }) => combine('Max', operand('a'), operand('b')),
  Mean: ({ operand, numbers, isSet }) => {
    const x = operand('x');
    return mean(x, tf.util.parseAxisParam(numbers('axis'), [...x.shape]), isSet('keepDims'));
  },
  Reshape: ({ operand, numbers }) => reshape(operand('x'), numbers('shape')),
  Transpose: ({ operand, numbers }) => transpose(operand('x'), numbers('perm')),
  Softmax: ({ operand }) => softmax(operand('logits')),
  Slice: ({ operand, numbers }) => slice(operand('x'), numbers('begin'), numbers('size')),
  SplitV: ({ operand, numbers }) => {
    const [x, [axis = 0], sizes] = [operand('x'), numbers('axis'), numbers('numOrSizeSplits')];
    const [parts = 1] = sizes;
    // One number is how many equal parts there shall be.
    return split(x, sizes.length > 1 ? sizes : new Array<number>(parts).fill((x.shape[axis] ?? 0) / parts), axis);
  },
  Concat: ({ operands, numbers }) => concat(operands(), numbers('axis')[0] ?? 0),
  BatchMatMul: ({ operand, isSet }) => {
    if (isSet('transposeA') || isSet('transposeB')) throw new Error('transposed products are not recorded');
    const [a, b] = [operand('a'), operand('b')];
    return b.origin.kind === 'parameter' ? linearProduct(a, b) : product(a, b);
  },
  // The network runs on one photo here: what is repeated once is repeated for each photo.
  Tile: ({ recorder, operand, numbers }) => {
    if (numbers('reps').some((count) => count !== 1) || recorder.images === null) throw new Error('only what all photos share is repeated');
    return forEachPhoto(operand('x'), recorder.images);
  },
};

for (const [kernelName, run] of Object.entries(KERNELS)) {
  tf.registerKernel({
    kernelName,
    backendName: NAME,
    kernelFunc: ({ inputs, attrs, backend }) => {
      if (!(backend instanceof Recorder)) throw new Error(`${kernelName} is recorded by the recorder alone`);
      const found = run({
        recorder: backend,
        operand: (name) => {
          const given = inputs[name];
          if (given === undefined) throw new Error(`${kernelName} without ${name}`);
          return backend.recorded(given.dataId);
        },
        operands: () => Object.values(inputs).map((given) => backend.recorded((given as tf.TensorInfo).dataId)),
        numbers: (name) => [attrs?.[name] as number | number[]].flat(),
        isSet: (name) => attrs?.[name] === true,
      });
      return Array.isArray(found) ? found.map((value) => backend.info(value)) : backend.info(found);
    },
  });
}

/** What a pass is recorded with. */
export interface Recording {
  readonly backend: TensorBackend;
  /** A tensor that stands for this. */
  readonly tensor: (value: Value) => tf.Tensor;
  readonly recorded: (tensor: tf.Tensor) => Value;
  /** Says what a tensor is, such as a parameter that was a mere array until then. */
  readonly declare: (tensor: tf.Tensor, value: Value) => void;
  /** Call it with the photos before they run through a network. */
  readonly begin: (images: Value) => void;
}

/** Runs `body` on the recorder; the engine that was active before is so again afterwards. */
export async function recording<T>(body: (recording: Recording) => T): Promise<T> {
  const before = tf.getBackend() as string | undefined;
  const recorder = new Recorder();
  tf.registerBackend(NAME, () => recorder);
  try {
    await tf.setBackend(NAME);
    const tensor = (value: Value): tf.Tensor => tf.engine().makeTensorFromTensorInfo(recorder.info(value), recorder);
    const recorded = ({ dataId }: tf.Tensor): Value => recorder.recorded(dataId);
    return body({
      backend: { id: 'cpu', description: 'writes networks down and computes nothing', device: 'cpu', tf, ops: recordedOps({ tensor, recorded }) },
      tensor,
      recorded,
      declare: ({ dataId }, value) => recorder.declare(dataId, value),
      begin: (images) => (recorder.images = images),
    });
  } finally {
    if (before !== undefined) await tf.setBackend(before);
    tf.removeBackend(NAME);
  }
}
