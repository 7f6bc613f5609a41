import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { createClient, type Client } from '../../src/main/client/client.ts';
import { dataset, edits, runs, system } from '../../src/shared/contract/index.ts';
import { diffLabelMaps, encodeGesture } from '../../src/shared/mask/tile-diff.ts';
import { decodeLabelPng } from '../../src/main/images/palette-png.ts';
import type { Measured } from './method-measures.ts';

const CORE = path.resolve(import.meta.dirname, '../../src/main/core.ts');
const Ready = z.object({ ready: z.literal(true), socket: z.string() });

/** Starts a core of its own, as the shell would, on a copy of the project. */
async function withCore<T>(projectDir: string, work: (client: Client, startedMs: number) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'penumbra-bench-'));
  const copy = path.join(folder, 'project');
  await cp(projectDir, copy, { recursive: true });
  const startedMs = performance.now();
  const child = spawn(process.execPath, [CORE, copy], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { socket } = Ready.parse(JSON.parse(line));
    return await work(createClient({ socketPath: socket }), startedMs);
  } finally {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
}

/** From starting the process to the answer of the first call; best and worst of five. */
export async function coreStart(projectDir: string): Promise<Measured> {
  const elapsedMs: number[] = [];
  for (let round = 0; round < 5; round++) {
    elapsedMs.push(
      await withCore(projectDir, async (client, startedMs) => {
        await client.call(system.hello, {});
        return performance.now() - startedMs;
      }),
    );
  }
  return [
    { figure: 'start to first answer, worst of 5', value: Math.max(...elapsedMs) / 1000, unit: 's', atMost: 1.5 },
    { figure: 'start to first answer, best of 5', value: Math.min(...elapsedMs) / 1000, unit: 's' },
  ];
}

/** A hundred gestures through the API, each acknowledged before the next is sent: a brush dab of 24 × 24 px over up to four tiles. */
export async function gestures(projectDir: string): Promise<Measured> {
  return withCore(projectDir, async (client) => {
    const { artifacts } = await client.call(runs.listArtifacts, { kind: 'label-maps' });
    const base = artifacts.find(({ manifest }) => manifest.stage === 'refine-crf')?.manifest.key;
    if (base === undefined) throw new Error('the sample run left no refined label maps to correct');
    const { images } = await client.call(dataset.listImages, { filter: { split: 'train' }, limit: 1 });
    const image = images[0];
    if (image === undefined) throw new Error('the sample project holds no photos');
    const blob = await client.getBlob('corrected', `${image.id}.${base}`);
    const { map } = decodeLabelPng(blob.bytes, 'the corrected map');
    const startedMs = performance.now();
    let { revision } = await client.call(edits.getEditState, { imageId: image.id });
    for (let gesture = 0; gesture < 100; gesture++) {
      const diff = dab(map, (gesture * 37) % (map.width - 24), (gesture * 53) % (map.height - 24), 1 + (gesture % 2));
      const state = await client.call(edits.commitGesture, {
        imageId: image.id,
        base,
        expectedRevision: revision,
        tool: 'brush',
        diff: Buffer.from(diff).toString('base64'),
        clientGestureId: `bench-${gesture}-${startedMs}`,
      });
      revision = state.revision;
    }
    return [{ figure: '100 gestures saved, one after the other', value: (performance.now() - startedMs) / 1000, unit: 's', atMost: 1 }];
  });
}

/** Paints a square into `map` and returns the gesture that says so. */
function dab(map: { width: number; height: number; data: Uint8Array }, x0: number, y0: number, label: number): Uint8Array {
  const before = map.data.slice();
  for (let y = y0; y < y0 + 24; y++) {
    for (let x = x0; x < x0 + 24; x++) map.data[y * map.width + x] = map.data[y * map.width + x] === label ? label + 1 : label;
  }
  return encodeGesture(map, diffLabelMaps({ ...map, data: before }, map));
}
