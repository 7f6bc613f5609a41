/**
 * Runs `weak-baseline`, unchanged, for a few steps on the native engine and on WebGPU, and compares the losses step by step.
 * Usage: node scripts/engines-agree/main.ts [--steps N]   VK_DRIVER_FILES chooses the Vulkan driver, such as SwiftShader's.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readDataset } from '../../src/main/datasets/read-dataset.ts';
import { createProject } from '../../src/main/project/open.ts';
import { openRunService } from '../../src/main/runs/project-runs.ts';
import { makeSmallSample } from '../../tests/support/small-sample.ts';

/** Losses of the two engines may differ by this much. */
const TOLERANCE = 1e-3;
const { values: asked } = parseArgs({ options: { steps: { type: 'string', default: '3' } } });
const epochs = Number(asked.steps); // one step each

/** Photos of 64 px, one view each, all in one batch; a pass in software takes seconds. */
const settings = {
  classifier: { epochs, batchSize: 2, longSideFrom: 64, longSideTo: 64, views: 1, validateEvery: 1000 },
  cams: { longSide: 64, scales: [1] },
  refined: { longSidePx: 64 },
  segmenter: { epochs, batchSize: 2, decoderChannels: 16, longSide: 64, crop: 65, views: 1 },
  predictions: { longSide: 64, scales: [1] },
};
const overrides = Object.fromEntries(Object.entries(settings).flatMap(([step, values]) => Object.entries(values).map(([key, value]) => [`${step}.${key}`, value])));

const folder = await mkdtemp(path.join(tmpdir(), 'penumbra-engines-'));
try {
  const root = path.join(folder, 'data');
  makeSmallSample(root, { train: 2, val: 1 });
  const project = await createProject(path.join(folder, 'project'), { name: 'engines' });
  const tags = { kind: 'csv', file: 'labels.csv' } as const;
  project.storeImport(await readDataset({ root, tags, classNames: undefined, signal: new AbortController().signal, onProgress: () => undefined }));
  // One step on a software device holds the loop for longer than a sound engine ever does.
  const service = await openRunService({ project, settings: { heartbeatTimeoutMs: 600_000 } });
  const curves = new Map<string, Map<string, number>>();
  for (const backend of ['native', 'webgpu'] as const) {
    const startMs = performance.now();
    const { id } = await service.start({ recipe: 'weak-baseline', preset: 'quick', overrides, seed: 0, backend });
    const run = await service.finished(id);
    if (run.state !== 'done') throw new Error(`${backend}: ${run.state}, ${run.error?.message ?? ''}`);
    const { points } = service.metrics({ runId: id, afterIndex: 0, limit: 100_000 });
    curves.set(backend, new Map(points.filter(({ series }) => series === 'loss').map(({ step, x, value }) => [`${step} ${x}`, value])));
    console.log(`${run.backend ?? backend}: ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
  }
  const [native, webgpu] = [curves.get('native'), curves.get('webgpu')];
  let worst = 0;
  for (const [at, expected] of native ?? []) {
    const found = webgpu?.get(at) ?? Number.NaN;
    console.log(`loss ${at}: native ${expected.toFixed(6)}, webgpu ${found.toFixed(6)}`);
    worst = Math.max(worst, Number.isFinite(found) ? Math.abs(found - expected) : Infinity);
  }
  if (native?.size !== 2 * epochs) throw new Error(`${native?.size ?? 0} losses; expected ${2 * epochs}`);
  console.log(`largest difference ${worst.toExponential(1)}; allowed ${TOLERANCE}`);
  process.exitCode = worst <= TOLERANCE ? 0 : 1;
  await service.close('cancel');
  project.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
