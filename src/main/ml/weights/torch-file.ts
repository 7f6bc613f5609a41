import { readLegacy, isLegacy } from './torch-legacy.ts';
import { readZip, isZip } from './torch-zip.ts';
import { malformed, unsafe } from './malformed.ts';
import { describe, isKind, type PickleValue, type TensorReference } from './pickle/values.ts';
import { decodeNumbers } from './numbers.ts';
import type { TorchContent } from './torch-content.ts';
import { STORED_BYTES, type StoredTensor, type StoredTensors } from './weights-file.ts';

/** Keys under which checkpoints keep the state dict. */
const WRAPPERS = ['state_dict', 'model', 'model_state', 'module'] as const;

/** Tensors may share storages (published files hold some twice), but not so that a small file fills the memory. */
const SHARING_LIMIT = 8;

/**
 * Reads the state dict of a `.pth` file, both torch's zip form and the older one (networks-formats.md §3.1–3.3). Nothing is executed.
 * @param file shown in errors
 * @throws PenumbraError WEIGHTS_MALFORMED, WEIGHTS_UNSAFE
 */
export function readTorchFile(bytes: Uint8Array, file: string): StoredTensors {
  const content = parse(bytes, file);
  const stateDict = unwrapped(content.value, file);
  const tensors = new Map<string, TensorReference>();
  for (const [key, value] of stateDict) {
    if (typeof key !== 'string') throw malformed(file, `the state dict has the key ${describe(key)}; expected text`);
    // Counters and the like may stand beside the tensors.
    if (isKind(value, 'tensor')) tensors.set(key.replace(/^module\./, ''), value);
  }
  if (tensors.size === 0) throw malformed(file, 'the state dict holds no tensors');
  refuseExpansion(tensors, content, file);
  return new Map([...tensors].map(([key, tensor]) => [key, materialised(key, tensor, content, file)]));
}

function parse(bytes: Uint8Array, file: string): TorchContent {
  if (isZip(bytes)) return readZip(bytes, file);
  if (isLegacy(bytes)) return readLegacy(bytes, file);
  if (isTar(bytes)) throw unsafe(file, 'is a tar archive, as torch wrote before 2017; torch itself refuses these in safe mode');
  const found = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw malformed(file, `starts with ${found || 'nothing'}; expected a torch file`, { found });
}

function isTar(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(257, 262)) === 'ustar';
}

function unwrapped(value: PickleValue, file: string): Map<PickleValue, PickleValue> {
  let dict = value;
  for (let depth = 0; depth < WRAPPERS.length && dict instanceof Map; depth += 1) {
    const outer: Map<PickleValue, PickleValue> = dict;
    const inner = WRAPPERS.map((key) => outer.get(key)).find((item) => item instanceof Map);
    if (inner === undefined) return outer;
    dict = inner;
  }
  if (!(dict instanceof Map)) throw malformed(file, `holds ${describe(dict)}; expected a dict of tensors`);
  return dict;
}

function refuseExpansion(tensors: ReadonlyMap<string, TensorReference>, content: TorchContent, file: string): void {
  let asked = 0;
  for (const [key, tensor] of tensors) {
    const elements = tensor.shape.reduce((product, length) => product * length, 1);
    if (elements > tensor.storage.length) {
      throw malformed(file, `tensor "${key}" has ${elements} elements on a storage of ${tensor.storage.length}`, {
        key,
        expected: tensor.storage.length,
        found: elements,
      });
    }
    asked += elements * STORED_BYTES[tensor.storage.type];
  }
  let held = 0;
  for (const bytes of content.storages.values()) held += bytes.byteLength;
  if (asked > SHARING_LIMIT * held)
    throw malformed(file, `its tensors ask for ${asked} bytes of ${held}`, { expected: SHARING_LIMIT * held, found: asked });
}

function materialised(key: string, tensor: TensorReference, content: TorchContent, file: string): StoredTensor {
  const { storage, offset, shape, strides } = tensor;
  const bytes = content.storages.get(storage.key);
  if (bytes === undefined) throw malformed(file, `tensor "${key}" lies on storage "${storage.key}", which the file lacks`, { key });
  const held = bytes.byteLength / STORED_BYTES[storage.type];
  if (held !== storage.length) {
    throw malformed(file, `storage "${storage.key}" of tensor "${key}" has ${held} elements; expected ${storage.length}`, {
      key,
      expected: storage.length,
      found: held,
    });
  }
  const empty = shape.includes(0);
  const last = empty ? offset : shape.reduce((end, length, axis) => end + (length - 1) * (strides[axis] ?? 0), offset);
  if (!Number.isSafeInteger(last) || (!empty && last >= held)) {
    throw malformed(file, `tensor "${key}" reaches element ${last} of a storage of ${held}`, { key, expected: held, found: last });
  }
  if (empty) return { type: storage.type, shape, values: new Float32Array(0) };
  const size = STORED_BYTES[storage.type];
  // Decodes only the stretch that the tensor touches.
  const stretch = decodeNumbers(bytes.subarray(offset * size, (last + 1) * size), storage.type, file, key);
  return { type: storage.type, shape, values: gathered(stretch, shape, strides) };
}

/** Row-major copy of a strided view that starts at element 0. */
function gathered(source: Float32Array | Float64Array, shape: readonly number[], strides: readonly number[]): Float32Array | Float64Array {
  const count = shape.reduce((product, length) => product * length, 1);
  const result = source instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to += 1) {
    result[to] = source[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const position = (index[axis] ?? 0) + 1;
      const stride = strides[axis] ?? 0;
      from += stride;
      if (position < (shape[axis] ?? 0)) {
        index[axis] = position;
        break;
      }
      from -= position * stride;
      index[axis] = 0;
    }
  }
  return result;
}
