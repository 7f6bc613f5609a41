import type * as TF from '@tensorflow/tfjs-core';

/** What all calls of one kernel took. */
export interface KernelTime {
  readonly kernel: string;
  readonly seconds: number;
  /** Of all threads: other work on the machine hardly shows in it. */
  readonly processorSeconds: number;
  readonly calls: number;
}

type ExecuteOp = (name: string, attributes: readonly { name: string; value: unknown }[], ...rest: unknown[]) => unknown;

/** Times every kernel of the native engine from here on. Kernels run one after another and in the caller's thread, so that the clock tells. */
export function timeKernels(tf: typeof TF): () => KernelTime[] {
  const executor = tf.backend() as unknown as { binding: Record<string, unknown> };
  const own = executor.binding;
  const times = new Map<string, Omit<KernelTime, 'kernel'>>();
  const executeOp: ExecuteOp = (name, attributes, ...rest) => {
    const [start, used] = [performance.now(), process.cpuUsage()];
    const result = (own['executeOp'] as ExecuteOp).call(own, name, attributes, ...rest);
    const dilations = attributes.find((attribute) => attribute.name === 'dilations')?.value;
    const kernel = Array.isArray(dilations) && dilations[1] !== 1 ? `${name}, dilated` : name;
    const { user, system } = process.cpuUsage(used);
    const known = times.get(kernel) ?? { seconds: 0, processorSeconds: 0, calls: 0 };
    times.set(kernel, {
      seconds: known.seconds + (performance.now() - start) / 1000,
      processorSeconds: known.processorSeconds + (user + system) / 1e6,
      calls: known.calls + 1,
    });
    return result;
  };
  const timed: Record<string, unknown> = {};
  for (const name of Object.getOwnPropertyNames(own)) timed[name] = typeof own[name] === 'function' ? (own[name] as () => unknown).bind(own) : own[name];
  executor.binding = { ...timed, executeOp };
  return () => {
    executor.binding = own;
    return [...times].map(([kernel, time]) => ({ kernel, ...time })).sort((a, b) => b.processorSeconds - a.processorSeconds);
  };
}
