import { PenumbraError } from '#shared/errors.ts';
import { faultPoint } from '#main/faults/faults.ts';
import type { BackendId, TensorBackend } from '../../backend/backend.ts';
import { loadBackend } from '../../backend/load.ts';
import { encodeNpz } from '../../formats/npz.ts';
import { outOfMemory } from '../../out-of-memory.ts';
import { readNamedWeights, type ReadWeights } from '../../weights/read-weights.ts';
import { refuseExisting, writeNewFile } from '../../weights/source/new-files.ts';
import type { HostTensor } from '../host-tensor.ts';
import type { InputScale, NetworkEntry } from './catalogue.ts';
import { forward, type ForwardResult, type NonFinite } from './forward.ts';
import { outputStrides } from './output-stride.ts';

export interface ForwardFileRequest {
  readonly entry: NetworkEntry;
  readonly classes: number;
  readonly taps: readonly string[];
  /** Undefined: the reference's. */
  readonly outputStride: number | undefined;
  /** Paths. */
  readonly weights: string;
  readonly input: string;
  readonly output: string;
  readonly backend: BackendId;
  /** See `ModelRequest`. */
  readonly allowMissing: readonly string[];
  /** What to take from the names of the weights. */
  readonly stripPrefix?: string | undefined;
}

export interface ForwardFileResult {
  /** What was written. */
  readonly arrays: readonly { name: string; shape: readonly number[] }[];
  /** Whose names the weights had, when not the reference's, and how photos were scaled for them. */
  readonly layout: { readonly title: string; readonly photos: InputScale } | null;
  /** Tensors of the weights that the network has not, by what they are. */
  readonly leftOut: readonly { key: string; what: string }[];
  /** Parameters that the weights lacked, as `allowMissing` let them: whatever is computed from them means nothing. */
  readonly initial: readonly string[];
  /** Tensors of the weights that their reference keeps twice; the copies were alike. */
  readonly copies: number;
  /** Tensors, and the input, whose numbers were rounded to float32, and the types they had. */
  readonly rounded: readonly { key: string; type: string }[];
  /** Results that hold NaN or infinity. */
  readonly nonFinite: readonly NonFinite[];
}

/** Runs a network on an array from a file and writes what came of it as .npz. */
export async function forwardFile(request: ForwardFileRequest): Promise<ForwardFileResult> {
  refuseExisting(request.output);
  const given = readNamedWeights(request.input);
  const arrays = [...given.tensors.values()];
  const [input] = arrays;
  if (input === undefined || arrays.length > 1) {
    throw new PenumbraError('BAD_REQUEST', `${request.input} holds ${arrays.length} arrays; expected one.`, {
      remedy: 'Save the input with numpy.save, as one float32 array.',
      details: { file: request.input, found: arrays.length },
    });
  }
  const { results, initial, copies, rounded, nonFinite, layout, leftOut } = await runOn(request, input);
  const npz = encodeNpz(Object.fromEntries([...results].map(([name, { shape, values }]) => [name, { shape: [...shape], dtype: 'float32' as const, data: values }])));
  writeNewFile(request.output, [npz], () => undefined);
  return {
    arrays: [...results].map(([name, { shape }]) => ({ name, shape })),
    layout: layout === null ? null : { title: layout.title, photos: layout.photos },
    leftOut: [...leftOut].map(([key, what]) => ({ key, what })),
    initial,
    copies,
    rounded: [...[...given.rounded.values()].map((type) => ({ key: 'the input', type })), ...[...rounded].map(([key, type]) => ({ key, type }))],
    nonFinite,
  };
}

async function runOn(request: ForwardFileRequest, input: HostTensor): Promise<ForwardResult & Omit<ReadWeights, 'tensors'>> {
  let backend: TensorBackend | null = null;
  try {
    const { tensors, ...about } = readNamedWeights(request.weights, request.stripPrefix);
    backend = await loadBackend(request.backend);
    faultPoint('model.forward');
    return { ...about, ...(await forward(backend, { ...request, weights: tensors, source: request.weights, input })) };
  } catch (thrown) {
    throw outOfMemory(thrown, { what: `${request.entry.title} on (${input.shape.join(', ')})`, backend, ways: savings(request, input), afterwards: 'Then run it again.', details: { input: [...input.shape] } }) ?? thrown;
  }
}

/** What a single pass could do without. */
function savings({ taps, entry, outputStride }: ForwardFileRequest, { shape }: HostTensor): string[] {
  const [count = 1, , height = 0, width = 0] = shape;
  const stride = outputStride ?? entry.table.outputStride;
  const larger = outputStrides(entry.table).filter((other) => other > stride);
  const ways = count > 1 ? [`give fewer photos at once (now ${count})`] : [];
  ways.push(`give smaller photos (now ${height} × ${width}), or cut them into tiles that overlap`);
  if (taps.length > 0) ways.push(`ask for fewer taps (now ${taps.join(', ')})`);
  if (larger.length > 0) ways.push(`take a larger output stride (now ${stride}; --output-stride ${larger.join(' or ')})`);
  return ways;
}
