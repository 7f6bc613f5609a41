import { describe, expect, it } from 'vitest';
import { PenumbraError } from '#shared/errors.ts';
import { stageError } from './failure.ts';

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
    ['anything else', 'a string', 'INTERNAL', 'Train (model) failed: a string'],
  ])('recognises %s', (_case, thrown, code, message) => {
    expect(stageError(thrown, 'model', 'Train').toValue()).toMatchObject({ code, message, details: { step: 'model' } });
  });
});
