import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { project } from '#shared/contract/index.ts';
import { createClient } from '#main/client/client.ts';
import { killHard, killLeftovers, runCli, startCoreProcess } from '../support/processes.ts';

const sample = fileURLToPath(new URL('../../resources/sample', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-start-'));
});
afterAll(async () => {
  await killLeftovers();
  await rm(folder, { recursive: true });
});

test('a core on the sample starts and answers; the time is printed', async () => {
  const dir = path.join(folder, 'sample');
  expect(await runCli(['new', dir, '--voc', sample])).toMatchObject({ code: 0 });
  const times: number[] = [];
  for (let start = 0; start < 3; start++) {
    const core = await startCoreProcess(dir);
    const began = performance.now();
    const info = await createClient({ socketPath: core.socketPath }).call(project.getProject, {});
    times.push(core.startedInMs + performance.now() - began);
    expect(info).toMatchObject({ readOnly: false, datasetRootFound: true, counts: { images: 106, withTruth: 106 } });
    await killHard(core.child);
  }
  console.log(`core start to first answer on the sample: ${times.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
});
