import { PenumbraError } from '#shared/errors.ts';

/**
 * Environment that a process which will load a tensor engine should be started with: these take effect at process start or at the
 * engine's load, so the parent must set them. Values already in `base` win, so a user can override each one.
 *
 * - GLIBC_TUNABLES: activations are tens of megabytes, made and freed thousands of times a minute. By default glibc maps and unmaps
 *   each, and the kernel zeroes every page again; keeping the memory and using huge pages makes a whole training step about twice as fast.
 * - TF_ENABLE_ONEDNN_OPTS: TensorFlow enables oneDNN only on newer CPUs; fixed here so that kernels, and so numbers, do not depend on
 *   that guess.
 * - TF_CUDNN_DETERMINISTIC: cuDNN's reproducible algorithms. (TF_DETERMINISTIC_OPS asks for more, but makes TensorFlow refuse GPU
 *   kernels that have no reproducible form, the depthwise filter gradient among them. On CPUs all kernels used here
 *   give equal bits without either.)
 * - TF_FORCE_GPU_ALLOW_GROWTH: otherwise TensorFlow takes all GPU memory at load.
 *
 * Settings of the user: PENUMBRA_GPU, which GPU by its number (WebGPU: by its name); PENUMBRA_GPU_MEMORY, `grow` as needed, the default, or `all` at
 * once, which fragments less.
 */
export function engineEnvironment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...ENGINE_DEFAULTS, ...gpuVariables(base), ...base };
}

/** CUDA's and TensorFlow's words for the user's settings. */
function gpuVariables(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { PENUMBRA_GPU: gpu, PENUMBRA_GPU_MEMORY: memory } = base;
  const variables: NodeJS.ProcessEnv = {};
  // Numbers as nvidia-smi counts, whatever CUDA thinks fastest.
  if (gpu !== undefined && /^\d+$/.test(gpu)) Object.assign(variables, { CUDA_VISIBLE_DEVICES: gpu, CUDA_DEVICE_ORDER: 'PCI_BUS_ID' });
  if (memory === undefined || memory === '' || memory === 'grow') return variables;
  if (memory === 'all') return { ...variables, TF_FORCE_GPU_ALLOW_GROWTH: 'false' };
  throw new PenumbraError('ENGINE_FAILED', `PENUMBRA_GPU_MEMORY is "${memory}"; expected grow or all.`, { remedy: 'Set it to grow or all, or leave it unset.' });
}

const ENGINE_DEFAULTS = {
  GLIBC_TUNABLES: [
    'glibc.malloc.hugetlb=1',
    'glibc.malloc.mmap_max=0',
    'glibc.malloc.arena_max=1',
    'glibc.malloc.trim_threshold=17179869184',
    'glibc.malloc.top_pad=268435456',
  ].join(':'),
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_ENABLE_ONEDNN_OPTS: '1',
  TF_CUDNN_DETERMINISTIC: '1',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
} as const;

/** Sets what can still be set from inside a running process: everything TensorFlow reads at load. GLIBC_TUNABLES is too late by then. */
export function applyEngineDefaults(): void {
  for (const [name, value] of Object.entries({ ...ENGINE_DEFAULTS, ...gpuVariables(process.env) })) {
    if (name !== 'GLIBC_TUNABLES') process.env[name] ??= value;
  }
}
