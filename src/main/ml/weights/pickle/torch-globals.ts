import { malformed, unsafe } from '../malformed.ts';
import type { StoredType } from '../weights-file.ts';
import { describe, isKind, type PickleGlobal, type PickleValue, type StorageReference, type TensorReference } from './values.ts';

/** Storage classes and their element types (networks-formats.md §3.1). */
const STORAGES: ReadonlyMap<string, StoredType> = new Map([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
]);

type Constructor = (argumentList: readonly PickleValue[], file: string) => PickleValue;

/** The whole list of what a pickle may call, with our own constructors in its place. */
const CONSTRUCTORS: ReadonlyMap<string, Constructor> = new Map<string, Constructor>([
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor', (items, file) => tensor(items, file)],
  ['torch._utils._rebuild_tensor_v2', (items, file) => tensor(items, file)],
  ['torch._utils._rebuild_parameter', (items, file) => parameter(items, file)],
  ['torch.nn.parameter.Parameter', (items, file) => parameter(items, file)],
  ['torch.Size', (items) => items[0] ?? null],
]);

/**
 * A global by its full name.
 * @throws PenumbraError WEIGHTS_UNSAFE when it is not on the list
 */
export function allowedGlobal(name: string, file: string): PickleGlobal {
  if (!CONSTRUCTORS.has(name) && !STORAGES.has(name)) {
    throw unsafe(file, `asks for "${name}", which is not among the few names a file of tensors needs`, {
      found: name,
      expected: [...CONSTRUCTORS.keys(), ...STORAGES.keys()],
    });
  }
  return { kind: 'global', name };
}

/** What REDUCE makes of an allowed global and its arguments. Nothing is looked up and nothing runs but the constructors above. */
export function construct(callee: PickleValue, argumentTuple: PickleValue, file: string): PickleValue {
  const constructor = isKind(callee, 'global') ? CONSTRUCTORS.get(callee.name) : undefined;
  if (constructor === undefined) throw unsafe(file, `calls ${describe(callee)}`, { found: describe(callee) });
  if (!isKind(argumentTuple, 'tuple')) throw malformed(file, `calls ${describe(callee)} with ${describe(argumentTuple)}; expected a tuple`);
  return constructor(argumentTuple.items, file);
}

/** The storage that a persistent id names: ('storage', StorageClass, key, location, length[, view]). */
export function persistentStorage(id: PickleValue, file: string): StorageReference {
  const [tag, storageClass, key, , length, view] = isKind(id, 'tuple') ? id.items : [];
  const type = isKind(storageClass, 'global') ? STORAGES.get(storageClass.name) : undefined;
  if (tag !== 'storage' || type === undefined || typeof key !== 'string') {
    throw malformed(file, `refers to an outside object that is no storage: ${describe(tag)}, ${describe(storageClass)}, ${describe(key)}`);
  }
  if (view !== undefined && view !== null)
    throw malformed(file, `storage "${key}" is a view of another, as only very old torch wrote`, { key });
  return { kind: 'storage', key, type, length: count(length, `length of storage "${key}"`, file) };
}

function orderedDict(items: readonly PickleValue[], file: string): PickleValue {
  const dict = new Map<PickleValue, PickleValue>();
  const [pairs] = items;
  if (pairs === undefined) return dict;
  if (!Array.isArray(pairs)) throw malformed(file, `builds an OrderedDict from ${describe(pairs)}; expected a list of pairs`);
  for (const pair of pairs) {
    const [key, value] = isKind(pair, 'tuple') ? pair.items : Array.isArray(pair) ? pair : [];
    if (key === undefined || value === undefined) throw malformed(file, `builds an OrderedDict from ${describe(pair)}; expected a pair`);
    dict.set(key, value);
  }
  return dict;
}

/** (storage, offset, size, stride, …): the rest says how torch tracks gradients, which files of weights have no use for. */
function tensor([storage, offset, size, stride]: readonly PickleValue[], file: string): TensorReference {
  if (!isKind(storage, 'storage')) throw malformed(file, `builds a tensor on ${describe(storage)}; expected a storage`);
  const what = `of a tensor on storage "${storage.key}"`;
  const shape = counts(size, `size ${what}`, file);
  const strides = counts(stride, `stride ${what}`, file);
  if (shape.length !== strides.length) {
    throw malformed(file, `size and stride ${what} have ${shape.length} and ${strides.length} axes; expected as many`, {
      key: storage.key,
    });
  }
  return { kind: 'tensor', storage, offset: count(offset, `offset ${what}`, file), shape, strides };
}

function parameter([value]: readonly PickleValue[], file: string): PickleValue {
  if (!isKind(value, 'tensor')) throw malformed(file, `builds a parameter from ${describe(value)}; expected a tensor`);
  return value;
}

function counts(value: PickleValue | undefined, what: string, file: string): number[] {
  const items = isKind(value, 'tuple') ? value.items : Array.isArray(value) ? value : null;
  if (items === null) throw malformed(file, `the ${what} is ${describe(value)}; expected a tuple of integers`);
  return items.map((item) => count(item, what, file));
}

function count(value: PickleValue | undefined, what: string, file: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw malformed(file, `the ${what} is ${describe(value)}; expected an integer of 0 to 2^53`, { found: describe(value) });
  }
  return value;
}
