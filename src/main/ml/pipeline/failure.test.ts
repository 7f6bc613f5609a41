import { describe, expect, it } from 'vitest';
import { PenumbraError } from '#shared/errors.ts';
import { stageError, type StageSetting } from './failure.ts';

describe('stageError', () => {
  it('passes errors of the project through', () => {
    const error = new PenumbraError('NON_FINITE_LOSS', 'loss is NaN', { remedy: 'lower the learning rate' });
    expect(stageError(error, 'model', 'Train')).toBe(error);
  });

  it.each<[string, unknown, string, string]>([
    [
      'a full disk',
      Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
      'DISK_FULL',
      'Train (model): disk full: ENOSPC: no space left on device, write',
    ],
    [
      "TensorFlow's want of memory",
      new Error('Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[64,512,512,96] and type float'),
      'OUT_OF_MEMORY',
      'Train (model): out of memory: OOM when allocating tensor with shape[64,512,512,96] and type float',
    ],
    [
      "V8's want of memory",
      new RangeError('Array buffer allocation failed'),
      'OUT_OF_MEMORY',
      'Train (model): out of memory: Array buffer allocation failed',
    ],
    [
      "TensorFlow's refusal, behind its bare status",
      new Error('Invalid TF_Status: 3\nMessage: input depth must be evenly divisible by filter depth: 24 vs 320'),
      'INTERNAL',
      'Train (model) failed: input depth must be evenly divisible by filter depth: 24 vs 320',
    ],
    [
      'WebGPU’s want of memory',
      new Error('WebGPU refused a call: Buffer size (1099511627776) exceeds the max buffer size limit (1073741824).'),
      'OUT_OF_MEMORY',
      'Train (model): out of memory: WebGPU refused a call: Buffer size (1099511627776) exceeds the max buffer size limit (1073741824).',
    ],
    ['anything else', 'a string', 'INTERNAL', 'Train (model) failed: a string'],
  ])('recognises %s', (_case, thrown, code, message) => {
    expect(stageError(thrown, 'model', 'Train').toValue()).toMatchObject({ code, message, details: { step: 'model' } });
  });

  it('says what to change when memory runs out: the settings that decide it, as they are, and the device', () => {
    const config = { split: 'train', batchSize: 16, crop: 448, accumulate: 1, learningRate: 0.1 };
    const remedy = (backend: StageSetting['backend']): string => stageError(new Error('OOM when allocating'), 'model', 'Train', { config, backend }).remedy;
    const onCpu = remedy({ id: 'native', device: 'cpu', description: 'native' });
    expect(onCpu).toBe(
      'Lower model.batchSize (now 16), model.crop (now 448); or raise model.accumulate (now 1), which computes a batch in parts; or close other programs. Then run it again: the steps before this one are kept.',
    );
    const onGpu = remedy({ id: 'native', device: 'gpu', description: 'native' });
    expect(onGpu).toContain('PENUMBRA_GPU)');
    expect(onGpu).toContain('PENUMBRA_GPU_MEMORY=all');
    expect(remedy({ id: 'webgpu', device: 'gpu', description: 'WebGPU' })).not.toContain('PENUMBRA_GPU_MEMORY');
  });
});
