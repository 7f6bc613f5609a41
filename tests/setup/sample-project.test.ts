import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sampleProject } from '../../scripts/lib/sample-project.mjs';
import { createSay } from '../../scripts/lib/say.mjs';
import { capture } from '../../scripts/lib/pip.mjs';
import { pinnedNode } from '../../scripts/lib/pinned-node.mjs';
import { repository } from './support/workplace.ts';

let data: string;
let said = '';
const stream = new PassThrough();
stream.setEncoding('utf8').on('data', (text: string) => (said += text));
const say = createSay(stream as unknown as NodeJS.WriteStream);

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'penumbra-data-'));
  said = '';
  vi.stubEnv('PENUMBRA_DATA', data);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(data, { recursive: true, force: true });
});

/** What the command line says about a project. */
async function penumbra(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const node = pinnedNode();
  if (node === null) throw new Error('the pinned Node is not installed');
  return capture(node, [join(repository, 'src/main/cli.ts'), ...args]);
}

it('is made once, with its photos found, and never made again over what a user did', async () => {
  const dir = await sampleProject(say);
  expect(dir).toBe(join(data, 'sample-project'));
  expect(said).toContain('Making your copy of the sample project');
  expect(existsSync(join(data, 'sample-project.new'))).toBe(false);
  // Opens, and its photos are where the project looks: scoring an empty run list is not an error.
  expect(await penumbra('runs', '--project', dir, '--json')).toMatchObject({ code: 0 });

  writeFileSync(join(dir, 'mine.txt'), 'a user was here');
  said = '';
  await sampleProject(say);
  expect(said).toBe('');
  expect(readFileSync(join(dir, 'mine.txt'), 'utf8')).toBe('a user was here');
});

it('is pointed at the photos of the clone that starts it', async () => {
  const dir = await sampleProject(say);
  // As if another clone had made it, which is gone by now.
  const elsewhere = join(data, 'other-clone-photos');
  cpSync(join(repository, 'resources/sample'), elsewhere, { recursive: true });
  expect(await penumbra('repoint', elsewhere, '--project', dir)).toMatchObject({ code: 0 });
  rmSync(elsewhere, { recursive: true });
  writeFileSync(join(data, 'sample-project.json'), JSON.stringify({ photos: elsewhere }));

  await sampleProject(say);
  expect(JSON.parse(readFileSync(join(data, 'sample-project.json'), 'utf8'))).toEqual({ photos: join(repository, 'resources/sample') });
  const doctored = await penumbra('repoint', join(repository, 'resources/sample'), '--project', dir, '--json');
  expect(doctored.stdout).toContain('"matched":106');
});

it('leaves a project of that name alone that it did not make', async () => {
  mkdirSync(join(data, 'sample-project'));
  writeFileSync(join(data, 'sample-project', 'mine.txt'), 'not the sample');
  await sampleProject(say);
  expect(existsSync(join(data, 'sample-project.json'))).toBe(false);
});
