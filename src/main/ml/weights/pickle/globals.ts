import { malformed, unsafe } from '../malformed.ts';
import { STORED_BYTES, type StoredType } from '../stored-type.ts';
import { count, counts } from './arguments.ts';
import { emptyNumpyArray, numpyScalar, numpyType } from './numpy-objects.ts';
import { describe, isKind, type PickleGlobal, type PickleValue, type StorageReference, type TensorReference } from './values.ts';

/** Storage classes and their element types (networks-formats.md §3.1); null: untyped bytes. */
const STORAGES: ReadonlyMap<string, StoredType | null> = new Map([
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
  ['torch.storage.UntypedStorage', null],
  ['torch.UntypedStorage', null],
]);

/** torch.<dtype>, as version 3 of the tensor's rebuilder and some checkpoints name types. */
const TYPES: ReadonlyMap<string, StoredType> = new Map([
  ['torch.float64', 'F64'],
  ['torch.float32', 'F32'],
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.int64', 'I64'],
  ['torch.int32', 'I32'],
  ['torch.int16', 'I16'],
  ['torch.int8', 'I8'],
  ['torch.uint64', 'U64'],
  ['torch.uint32', 'U32'],
  ['torch.uint16', 'U16'],
  ['torch.uint8', 'U8'],
  ['torch.bool', 'BOOL'],
]);

/** Classes of objects that checkpoints carry beside their tensors. They come as placeholders without contents. */
const OPAQUE: ReadonlySet<string> = new Set([
  'argparse.Namespace',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'pathlib._local.PosixPath',
  'pathlib._local.WindowsPath',
  'torch.device',
  'pytorch_lightning.utilities.parsing.AttributeDict',
  'lightning.pytorch.utilities.parsing.AttributeDict',
  'lightning_fabric.utilities.data.AttributeDict',
  'lightning.fabric.utilities.data.AttributeDict',
  'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint',
  'pytorch_lightning.callbacks.early_stopping.EarlyStopping',
]);

export interface ConstructOptions {
  readonly file: string;
  readonly loadStorage: ((bytes: Uint8Array) => StorageReference) | null;
}

type Constructor = (argumentList: readonly PickleValue[], file: string, options: ConstructOptions) => PickleValue;

/** The whole list of what a pickle may call, with our own constructors in its place. */
const CONSTRUCTORS: ReadonlyMap<string, Constructor> = new Map<string, Constructor>([
  ['collections.OrderedDict', orderedDict],
  ['collections.Counter', ([items]) => (items instanceof Map ? items : new Map())],
  ['builtins.set', ([items]) => ({ kind: 'set', items: Array.isArray(items) ? items : [] })],
  ['__builtin__.set', ([items]) => ({ kind: 'set', items: Array.isArray(items) ? items : [] })],
  ['_codecs.encode', encodedBytes],
  ['torch._utils._rebuild_tensor', (items, file) => tensor(items, file)],
  ['torch._utils._rebuild_tensor_v2', (items, file) => tensor(items, file)],
  ['torch._utils._rebuild_tensor_v3', tensorOfType],
  ['torch._utils._rebuild_parameter', parameter],
  ['torch._utils._rebuild_parameter_with_state', parameter],
  ['torch.nn.parameter.Parameter', parameter],
  ['torch.Size', (items) => items[0] ?? null],
  ['torch.storage._load_from_bytes', loadedStorage],
  ['torch.storage.TypedStorage', ([storage]) => storage ?? null],
  ['numpy.dtype', numpyType],
  ['numpy.core.multiarray._reconstruct', emptyNumpyArray],
  ['numpy._core.multiarray._reconstruct', emptyNumpyArray],
  ['numpy.core.multiarray.scalar', numpyScalar],
  ['numpy._core.multiarray.scalar', numpyScalar],
]);

/** Names that stand for themselves. */
const NAMES: ReadonlySet<string> = new Set(['numpy.ndarray']);

/**
 * A global by its full name.
 * @throws PenumbraError WEIGHTS_UNSAFE when it is not on the list
 */
export function allowedGlobal(name: string, file: string): PickleGlobal {
  const lists = [CONSTRUCTORS, STORAGES, TYPES, OPAQUE, NAMES];
  if (!lists.some((list) => list.has(name))) {
    throw unsafe(file, `asks for "${name}", which is not among the few names a file of tensors needs`, {
      found: name,
      expected: lists.flatMap((list) => [...list.keys()]),
    });
  }
  return { kind: 'global', name };
}

/** What REDUCE makes of an allowed global and its arguments. Nothing is looked up and nothing runs but the constructors above. */
export function construct(callee: PickleValue, argumentTuple: PickleValue, options: ConstructOptions): PickleValue {
  const { file } = options;
  if (!isKind(callee, 'global')) throw unsafe(file, `calls ${describe(callee)}`, { found: describe(callee) });
  if (OPAQUE.has(callee.name)) return { kind: 'opaque object', name: callee.name };
  const constructor = CONSTRUCTORS.get(callee.name);
  if (constructor === undefined) throw unsafe(file, `calls ${describe(callee)}`, { found: describe(callee) });
  if (!isKind(argumentTuple, 'tuple')) throw malformed(file, `calls ${describe(callee)} with ${describe(argumentTuple)}; expected a tuple`);
  return constructor(argumentTuple.items, file, options);
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
  return { kind: 'storage', key, type, length: count(length, `length of storage "${key}"`, file), inline: null };
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

/** _codecs.encode(text, 'latin1'): how protocol 2 writes bytes. */
function encodedBytes([text, encoding]: readonly PickleValue[], file: string): PickleValue {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1') || !/^[\0-\xff]*$/.test(text))
    throw malformed(file, `encodes ${describe(text)} as ${describe(encoding)}; expected text of bytes as "latin1"`);
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** torch.storage._load_from_bytes: how a tensor comes to stand in a NumPy file. */
function loadedStorage([bytes]: readonly PickleValue[], file: string, { loadStorage }: ConstructOptions): PickleValue {
  if (loadStorage === null) throw unsafe(file, 'holds a torch file within a torch file');
  if (!(bytes instanceof Uint8Array)) throw malformed(file, `loads a storage from ${describe(bytes)}; expected bytes`);
  return loadStorage(bytes);
}

/** (storage, offset, size, stride, …): the rest says how torch tracks gradients, which files of weights have no use for. */
function tensor([storage, offset, size, stride]: readonly PickleValue[], file: string, given?: StoredType): TensorReference {
  if (!isKind(storage, 'storage')) throw malformed(file, `builds a tensor on ${describe(storage)}; expected a storage`);
  const type = given ?? storage.type;
  if (type === null) throw malformed(file, `builds a tensor on the untyped storage "${storage.key}" without saying its type`, { key: storage.key });
  if (storage.type !== null && STORED_BYTES[storage.type] !== STORED_BYTES[type])
    throw malformed(file, `builds a tensor of ${type} on storage "${storage.key}" of ${storage.type}`, { key: storage.key });
  const what = `of a tensor on storage "${storage.key}"`;
  const shape = counts(size, `size ${what}`, file);
  const strides = counts(stride, `stride ${what}`, file);
  if (shape.length !== strides.length) {
    throw malformed(file, `size and stride ${what} have ${shape.length} and ${strides.length} axes; expected as many`, {
      key: storage.key,
    });
  }
  return { kind: 'tensor', type, storage, offset: count(offset, `offset ${what}`, file), shape, strides };
}

/** (storage, offset, size, stride, requires_grad, hooks, dtype[, metadata]) */
function tensorOfType(items: readonly PickleValue[], file: string): TensorReference {
  const dtype = items[6];
  const type = isKind(dtype, 'global') ? TYPES.get(dtype.name) : undefined;
  if (type === undefined) throw malformed(file, `builds a tensor of the type ${describe(dtype)}; expected one of ${[...TYPES.keys()].join(', ')}`);
  return tensor(items, file, type);
}

function parameter([value]: readonly PickleValue[], file: string): PickleValue {
  if (!isKind(value, 'tensor')) throw malformed(file, `builds a parameter from ${describe(value)}; expected a tensor`);
  return value;
}
