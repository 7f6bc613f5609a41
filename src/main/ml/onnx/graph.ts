import type { HostTensors } from '../nn/host-tensor.ts';
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxPort, OnnxTensor } from './model-file.ts';

/** A tensor of the network as it is written down: what it comes from, and how it lies in the file. */
export interface Value {
  /** As the engine has it, for one photo. */
  readonly shape: readonly number[];
  /** maps: [B, H, W, C] here, (B, C, H, W) in the file, as others' tools want them. plain: the same on both sides. */
  readonly arrangement: 'maps' | 'plain';
  /** Whether the first axis is the photos'. The file leaves its length open. */
  readonly batched: boolean;
  readonly origin: Origin;
}

type Origin =
  | { readonly kind: 'input' }
  /** Lies in the file as the reference has it. */
  | { readonly kind: 'parameter'; readonly name: string }
  /** Lies in the file with `fileShape`. */
  | { readonly kind: 'constant'; readonly values: Float32Array | BigInt64Array; readonly fileShape: readonly number[] }
  | { readonly kind: 'result'; readonly node: Node; readonly place: number };

interface Node {
  readonly type: string;
  /** null where an optional one is left out. */
  readonly inputs: readonly (Value | null)[];
  readonly results: number;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export type Form = Pick<Value, 'shape' | 'arrangement' | 'batched'>;
export type Attributes = Node['attributes'];

export const INPUT_NAME = 'images';
/** What the open length is called. */
const BATCH_NAME = 'batch';

export function constant(values: Float32Array, shape: readonly number[]): Value {
  return { shape, arrangement: 'plain', batched: false, origin: { kind: 'constant', values, fileShape: shape } };
}

/** Lengths, places and axes, as operators take them. */
export function integers(values: readonly number[]): Value {
  const fileShape = [values.length];
  return { shape: fileShape, arrangement: 'plain', batched: false, origin: { kind: 'constant', values: BigInt64Array.from(values, BigInt), fileShape } };
}

export function parameter(name: string, shape: readonly number[]): Value {
  return { shape, arrangement: 'plain', batched: false, origin: { kind: 'parameter', name } };
}

/** A node with several results. */
export function applyAll(type: string, inputs: readonly (Value | null)[], forms: readonly Form[], attributes: Attributes = {}): Value[] {
  const node: Node = { type, inputs, results: forms.length, attributes };
  return forms.map((form, place) => ({ ...form, origin: { kind: 'result', node, place } }));
}

export function apply(type: string, inputs: readonly (Value | null)[], { shape, arrangement, batched }: Form, attributes: Attributes = {}): Value {
  const node: Node = { type, inputs, results: 1, attributes };
  return { shape, arrangement, batched, origin: { kind: 'result', node, place: 0 } };
}

/** The photos, [1, H, W, 3]. */
export function input(height: number, width: number): Value {
  return { shape: [1, height, width, 3], arrangement: 'maps', batched: true, origin: { kind: 'input' } };
}

/** The shape in the file of a value with this form. */
function fileShape({ shape, arrangement, batched }: Form): (number | string)[] {
  const order = arrangement === 'maps' ? [0, 3, 1, 2] : shape.map((_, axis) => axis);
  return order.map((axis) => (axis === 0 && batched ? BATCH_NAME : (shape[axis] ?? 0)));
}

/**
 * Everything that the outputs come from, named and in order.
 * @param weights by parameter names, in the reference's layout
 */
export function modelOf(name: string, images: Value, outputs: ReadonlyMap<string, Value>, weights: HostTensors, metadata: ReadonlyMap<string, string>): OnnxModel {
  const nodes: OnnxNode[] = [];
  const initialisers = new Map<string, OnnxTensor>();
  const names = new Map<Node, string[]>();
  const constants = new Map<Value['origin'], string>();

  const nameOf = (value: Value | null): string => {
    if (value === null) return '';
    const { origin } = value;
    switch (origin.kind) {
      case 'input':
        return INPUT_NAME;
      case 'parameter': {
        const tensor = weights.get(origin.name);
        if (tensor === undefined) throw new Error(`no weights for ${origin.name}`);
        initialisers.set(origin.name, { name: origin.name, ...tensor });
        return origin.name;
      }
      case 'constant': {
        const known = constants.get(origin) ?? `constant_${constants.size}`;
        constants.set(origin, known);
        initialisers.set(known, { name: known, shape: origin.fileShape, values: origin.values });
        return known;
      }
      case 'result':
        return (names.get(origin.node) ?? written(origin.node))[origin.place] ?? '';
    }
  };
  /** Depth first, so that a node stands after those it reads. */
  const written = (node: Node): string[] => {
    const inputs = node.inputs.map(nameOf);
    const nodeName = `${node.type}_${nodes.length}`;
    const results = Array.from({ length: node.results }, (_, place) => (node.results === 1 ? nodeName : `${nodeName}_${place}`));
    nodes.push({ name: nodeName, type: node.type, inputs, outputs: results, attributes: node.attributes });
    names.set(node, results);
    return results;
  };

  const ports = [...outputs].map(([output, value]): OnnxPort => {
    nodes.push({ name: `output_${output}`, type: 'Identity', inputs: [nameOf(value)], outputs: [output], attributes: {} });
    return { name: output, shape: fileShape(value) };
  });
  return { name, nodes, initialisers: [...initialisers.values()], inputs: [{ name: INPUT_NAME, shape: fileShape(images) }], outputs: ports, metadata };
}
