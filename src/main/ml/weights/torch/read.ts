import type { ByteSource } from '#shared/formats/byte-source.ts';
import { malformed, unsafe } from '../malformed.ts';
import { otherValue, storedTensor } from '../pickle/tensors.ts';
import { describe, type PickleValue } from '../pickle/values.ts';
import { STORED_BYTES } from '../stored-type.ts';
import { elementCount } from '../strided.ts';
import type { StoredTensor, WeightsFile } from '../weights-file.ts';
import type { TorchContent } from './content.ts';
import { isLegacy, readLegacy } from './legacy.ts';
import { readZip } from './zip.ts';

/** Keys under which checkpoints keep the state dict. */
const WRAPPERS = ['state_dict', 'model', 'model_state', 'module'] as const;

/** Tensors may share storages (published files hold some twice), but not so that a small file fills the memory. */
const SHARING_LIMIT = 8;
const HEAD_BYTES = 512;
const SHOWN_KEYS = 8;

/**
 * The state dict of a `.pth`, `.pt` or `.ckpt` file, both torch's zip form and the older one (networks-formats.md §3.1–3.3). Nothing is
 * executed, and no tensor is read yet.
 * @param file shown in errors
 * @throws PenumbraError WEIGHTS_MALFORMED, WEIGHTS_UNSAFE
 */
export function openTorchFile(source: ByteSource, file: string): WeightsFile {
  const content = parse(source, file);
  const { dict: stateDict, outer } = unwrapped(content.value, file);
  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>(outer);
  for (const [key, value] of stateDict) {
    const name = typeof key === 'string' ? key.replace(/^module\./, '') : describe(key);
    const tensor = storedTensor(name, value, { file, storages: content.storages });
    // Counters and the like may stand beside the tensors.
    if (tensor === null) {
      others.set(name, otherValue(value));
      continue;
    }
    if (typeof key !== 'string') throw malformed(file, `the state dict has the key ${name}; expected text`);
    if (tensors.has(name)) throw malformed(file, `the state dict holds "${name}" with and without "module."`, { key: name });
    tensors.set(name, tensor);
  }
  if (tensors.size === 0) throw malformed(file, `the state dict holds no tensors; it has ${shownKeys(others)}`);
  refuseExpansion(tensors, source, file);
  const metadata = new Map(lightningVersion(content.value));
  return { format: content.format, tensors, metadata, others };
}

function parse(source: ByteSource, file: string): TorchContent {
  const head = source.read(0, Math.min(HEAD_BYTES, source.byteLength));
  if (isZip(head)) return readZip(source, file);
  if (isLegacy(head)) return readLegacy(source, file);
  if (isTar(head)) throw unsafe(file, 'is a tar archive, as torch wrote before 2017; torch itself refuses these in safe mode');
  const found = [...head.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw malformed(file, `starts with ${found || 'nothing'}; expected a torch file`, { found });
}

export function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04;
}

function isTar(head: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(head.subarray(257, 262)) === 'ustar';
}

interface Unwrapped {
  readonly dict: ReadonlyMap<PickleValue, PickleValue>;
  /** What stood beside it on the way in, by key. */
  readonly outer: [string, string][];
}

function unwrapped(value: PickleValue, file: string): Unwrapped {
  const outer: [string, string][] = [];
  let dict = value;
  for (let depth = 0; depth < WRAPPERS.length && dict instanceof Map; depth += 1) {
    const around: Map<PickleValue, PickleValue> = dict;
    const wrapper = WRAPPERS.find((key) => around.get(key) instanceof Map);
    if (wrapper === undefined) break;
    for (const [key, item] of around) if (key !== wrapper) outer.push([typeof key === 'string' ? key : describe(key), otherValue(item)]);
    dict = around.get(wrapper) ?? null;
  }
  if (!(dict instanceof Map)) throw malformed(file, `holds ${describe(dict)}; expected a dict of tensors`);
  return { dict, outer };
}

function shownKeys(others: ReadonlyMap<string, string>): string {
  if (others.size === 0) return 'nothing at all';
  const more = others.size > SHOWN_KEYS ? ` and ${others.size - SHOWN_KEYS} more` : '';
  return [...others].slice(0, SHOWN_KEYS).map(([key, what]) => `${key} (${what})`).join(', ') + more;
}

function refuseExpansion(tensors: ReadonlyMap<string, StoredTensor>, source: ByteSource, file: string): void {
  let asked = 0;
  for (const tensor of tensors.values()) asked += elementCount(tensor.shape) * STORED_BYTES[tensor.type];
  const limit = SHARING_LIMIT * source.byteLength;
  if (asked > limit) throw malformed(file, `its tensors ask for ${asked} bytes of a file of ${source.byteLength}`, { expected: limit, found: asked });
}

function lightningVersion(value: PickleValue): [string, string][] {
  const version = value instanceof Map ? value.get('pytorch-lightning_version') : undefined;
  return typeof version === 'string' ? [['pytorch-lightning_version', version.slice(0, 60)]] : [];
}
