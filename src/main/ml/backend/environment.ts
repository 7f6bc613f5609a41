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
 */
export function engineEnvironment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...ENGINE_DEFAULTS, ...base };
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
  for (const [name, value] of Object.entries(ENGINE_DEFAULTS)) {
    if (name !== 'GLIBC_TUNABLES') process.env[name] ??= value;
  }
}
