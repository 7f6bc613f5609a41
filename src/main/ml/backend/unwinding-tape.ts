import type * as TF from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';

/** One operation that was recorded. */
interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly Tensor[];
  /** What the gradient reads, kept by the tape. */
  readonly saved: readonly Tensor[];
  /** From the gradients of the outputs, null where there is none, to those of the inputs. */
  readonly gradient?: (dys: readonly (Tensor | null)[]) => Readonly<Record<string, () => Tensor>>;
}

/** What this file needs of tfjs' engine beside its public part. */
interface TapeEngine {
  startTape(): void;
  endTape(): void;
  /** The tape is undefined before the first one. */
  readonly state: { activeTape?: TapeNode[] | null; readonly gradientDepth: number; readonly kernelDepth: number };
}

/**
 * A loss and its gradients with regard to these variables, as tf.variableGrads, but the tape is freed while it unwinds: once an operation is
 * differentiated, what it saved and the gradients of its results are let go. tfjs keeps all of them to the end, which takes about twice the memory.
 * @returns gradients of the variables that the loss depends on. The caller owns all of it.
 */
export function differentiate(tf: typeof TF, variables: readonly Variable[], loss: () => Scalar): { loss: Scalar; gradients: Map<Variable, Tensor> } {
  const engine = tf.engine() as unknown as TapeEngine;
  if (engine.state.activeTape) throw new Error('differentiate: another tape is recording');
  const { value, tape } = record(tf, engine, loss);
  try {
    const path = onThePath(tape, variables, value);
    // What leads nowhere is let go before the first gradient takes room.
    const needed = new Set(path.flatMap(({ saved }) => saved));
    for (const { saved } of tape) for (const tensor of saved) if (!needed.has(tensor)) tensor.dispose();
    return { loss: value, gradients: unwind(tf, path, variables, value) };
  } catch (error) {
    value.dispose();
    throw error;
  } finally {
    release(tape);
  }
}

/** Whether what is computed now goes onto a tape. */
export function isRecording(tf: typeof TF): boolean {
  const { state } = tf.engine() as unknown as TapeEngine;
  return state.gradientDepth > 0 && state.kernelDepth === 0;
}

function record(tf: typeof TF, engine: TapeEngine, loss: () => Scalar): { value: Scalar; tape: readonly TapeNode[] } {
  engine.startTape();
  try {
    const value = tf.tidy(loss);
    return { value, tape: engine.state.activeTape ?? [] };
  } catch (error) {
    release(engine.state.activeTape ?? []);
    throw error;
  } finally {
    engine.endTape();
    engine.state.activeTape = null;
  }
}

function release(tape: readonly TapeNode[]): void {
  for (const { saved } of tape) for (const tensor of saved) tensor.dispose();
}

/** An operation between the variables and the loss, with those of its inputs that depend on a variable. */
interface PathNode extends TapeNode {
  readonly dependent: readonly string[];
}

function onThePath(tape: readonly TapeNode[], variables: readonly Variable[], loss: Tensor): PathNode[] {
  const dependent = new Set(variables.map(({ id }) => id));
  const forward: PathNode[] = [];
  for (const node of tape) {
    const names = Object.keys(node.inputs).filter((name) => dependent.has((node.inputs[name] as Tensor).id));
    if (names.length === 0) continue;
    for (const { id } of node.outputs) dependent.add(id);
    forward.push({ ...node, dependent: names });
  }
  const leading = new Set([loss.id]);
  const path: PathNode[] = [];
  for (const node of forward.reverse()) {
    if (!node.outputs.some(({ id }) => leading.has(id))) continue;
    for (const input of Object.values(node.inputs)) leading.add(input.id);
    path.push(node);
  }
  return path;
}

/** @param path last operation first */
function unwind(tf: typeof TF, path: readonly PathNode[], variables: readonly Variable[], loss: Tensor): Map<Variable, Tensor> {
  const byTensor = new Map<number, Tensor>([[loss.id, tf.scalar(1)]]);
  try {
    for (const node of path) {
      const dys = node.outputs.map(({ id }) => byTensor.get(id) ?? null);
      const dxs = gradientsOfNode(tf, node, dys);
      for (const tensor of node.saved) tensor.dispose();
      // An operation alone makes its results, so nothing will add to their gradients or read them.
      for (const { id } of node.outputs) take(byTensor, id)?.dispose();
      for (const [name, dx] of dxs) add(tf, byTensor, (node.inputs[name] as Tensor).id, dx);
    }
    const found = variables.map((variable) => [variable, take(byTensor, variable.id)] as const);
    return new Map(found.filter((pair): pair is [Variable, Tensor] => pair[1] !== undefined));
  } finally {
    for (const tensor of byTensor.values()) tensor.dispose();
  }
}

function gradientsOfNode(tf: typeof TF, node: PathNode, dys: readonly (Tensor | null)[]): [string, Tensor][] {
  const { gradient, kernelName, inputs } = node;
  if (gradient === undefined) throw new Error(`${kernelName} has no gradient`);
  const found: [string, Tensor][] = [];
  tf.tidy(() => {
    const byInput = gradient(dys);
    const given = new Set<Tensor | null>(dys);
    for (const name of node.dependent) {
      const dx = tf.tidy(() => byInput[name]?.());
      const { shape } = inputs[name] as Tensor;
      if (dx === undefined) throw new Error(`${kernelName} has no gradient of ${name}`);
      if (dx.shape.join() !== shape.join()) throw new Error(`${kernelName}: the gradient of ${name} is [${dx.shape.join()}], expected [${shape.join()}]`);
      // A gradient that is handed through gets a handle of its own, so that each can be let go by itself.
      found.push([name, given.has(dx) ? tf.clone(dx) : dx]);
      given.add(dx);
    }
    return found.map(([, dx]) => dx);
  });
  return found;
}

function add(tf: typeof TF, byTensor: Map<number, Tensor>, id: number, dx: Tensor): void {
  const known = byTensor.get(id);
  byTensor.set(id, known === undefined ? dx : tf.add(known, dx));
  if (known !== undefined) tf.dispose([known, dx]);
}

function take(byTensor: Map<number, Tensor>, id: number): Tensor | undefined {
  const tensor = byTensor.get(id);
  byTensor.delete(id);
  return tensor;
}
