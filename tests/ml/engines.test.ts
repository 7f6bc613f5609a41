import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { engineEnvironment } from '#main/ml/backend/environment.ts';

const PROBE = fileURLToPath(new URL('../../src/main/ml/backend/probe.ts', import.meta.url));
const Answer = z.object({
  ok: z.boolean(),
  description: z.string().optional(),
  device: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).optional(),
});

/** One engine in a process of its own. */
function probe(id: string, env: Record<string, string> = {}) {
  const line = execFileSync(process.execPath, [PROBE, id], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Answer.parse(JSON.parse(line));
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'penumbra-engine-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the probe', () => {
  it('runs the native engine and says which TensorFlow and device it is', () => {
    const answer = probe('native');
    expect(answer.ok).toBe(true);
    expect(answer.description).toMatch(/^native TensorFlow \d+\.\d+\.\d+, (CPU|GPU)$/);
    expect(answer.device).toMatch(/^(cpu|gpu)$/);
  });

  it('runs the JavaScript engine', () => {
    expect(probe('cpu')).toMatchObject({ ok: true, device: 'cpu' });
  });

  it('answers for webgpu either way: runs it, or says what is missing', () => {
    const answer = probe('webgpu');
    if (answer.ok) expect(answer.description).toMatch(/^WebGPU, /);
    else expect(answer.error).toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('names the command when no native engine is installed', () => {
    const answer = probe('native', { PENUMBRA_ENGINE_DIR: folder });
    expect(answer.error?.code).toBe('ENGINE_NOT_INSTALLED');
    expect(answer.error?.remedy).toContain('npm run setup');
  });

  it('says why when the binding does not load', () => {
    writeFileSync(join(folder, 'tfjs_binding.node'), 'not a library');
    const answer = probe('native', { PENUMBRA_ENGINE_DIR: folder });
    expect(answer.error?.code).toBe('ENGINE_FAILED');
    expect(answer.error?.message).toContain('tfjs_binding.node');
  });

  // Dilated kernels and fused ones come from oneDNN; without it the engine must fall back, not fail.
  it('runs without oneDNN', () => {
    expect(probe('native', { TF_ENABLE_ONEDNN_OPTS: '0' })).toMatchObject({ ok: true });
  });
});

describe('the environment of an engine’s process', () => {
  it('fixes oneDNN and determinism, and lets the user’s own values win', () => {
    const environment = engineEnvironment({ PATH: '/bin', TF_ENABLE_ONEDNN_OPTS: '0' });
    expect(environment).toMatchObject({
      PATH: '/bin',
      TF_ENABLE_ONEDNN_OPTS: '0',
      TF_CUDNN_DETERMINISTIC: '1',
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    });
    expect(environment['GLIBC_TUNABLES']).toContain('glibc.malloc.hugetlb=1');
  });

  it('takes the user’s GPU and how its memory is taken, in TensorFlow’s words', () => {
    expect(engineEnvironment({ PENUMBRA_GPU: '1', PENUMBRA_GPU_MEMORY: 'all' })).toMatchObject({ CUDA_VISIBLE_DEVICES: '1', CUDA_DEVICE_ORDER: 'PCI_BUS_ID', TF_FORCE_GPU_ALLOW_GROWTH: 'false' });
    expect(engineEnvironment({ PENUMBRA_GPU: '1', CUDA_VISIBLE_DEVICES: '3' })).toMatchObject({ CUDA_VISIBLE_DEVICES: '3' });
    expect(engineEnvironment({ PENUMBRA_GPU: 'Radeon' })).not.toHaveProperty('CUDA_VISIBLE_DEVICES');
    expect(() => engineEnvironment({ PENUMBRA_GPU_MEMORY: 'half' })).toThrow(/"half"; expected grow or all/);
  });
});
