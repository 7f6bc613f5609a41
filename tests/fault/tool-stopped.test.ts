import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeRgbPng } from '#main/images/rgb-files.ts';
import { collect, killLeftovers, startCli } from '../support/processes.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-tool-stopped-'));
});
afterEach(async () => {
  await killLeftovers();
  await rm(folder, { recursive: true });
});

async function photo(name: string, width: number, height: number): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, await encodeRgbPng({ width, height, rgb: Uint8Array.from({ length: width * height * 3 }, (_, at) => (Math.imul(at, 2654435761) >>> 13) & 255) }));
  return file;
}

describe('Ctrl-C of penumbra tool', () => {
  test('while one file has been written and not yet named, and another is computed, leaves nothing', async () => {
    const files = [await photo('small.png', 20, 10), await photo('large.png', 1500, 1500)];
    const out = path.join(folder, 'out');
    // The thread of the first stops for good where its file has no name yet: no other moment is worse.
    const child = startCli(['tool', 'quickshift', ...files, '--out', out, '--threads', '2'], { env: { PENUMBRA_FAULTS: 'tool-written=hang@1' } });
    const ended = collect(child);
    await vi.waitFor(async () => expect(await readdir(out)).toEqual([expect.stringMatching(/^\.small\.npy\.\d+\.partial$/)]), { timeout: 30_000, interval: 50 });
    child.kill('SIGINT');
    // The first asks, the second ends what does not listen.
    child.stderr?.on('data', (text: string) => {
      if (text.includes('Ctrl-C again')) child.kill('SIGINT');
    });
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('The computation was stopped') as string });
    // The folder that was made for it is gone as well.
    expect((await readdir(folder)).sort()).toEqual(['large.png', 'small.png']);
  });
});
