import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
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

beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'penumbra-data-'));
  vi.stubEnv('PENUMBRA_DATA', data);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(data, { recursive: true, force: true });
});
beforeEach(() => {
  said = '';
});

/** What the command line says about a project. */
async function penumbra(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const node = pinnedNode();
  if (node === null) throw new Error('the pinned Node is not installed');
  return capture(node, [join(repository, 'src/main/cli.ts'), ...args]);
}

describe('the sample project', () => {
  let dir: string;
  let saidAtFirst: string;
  // Making it is the slow part, so the tests share one, each leaving it whole.
  beforeAll(async () => {
    dir = await sampleProject(say);
    saidAtFirst = said;
  }, 180_000);

  it('is made complete, and opens', async () => {
    expect(dir).toBe(join(data, 'sample-project'));
    expect(saidAtFirst).toContain('Making your copy of the sample project');
    expect(existsSync(join(data, 'sample-project.new'))).toBe(false);
    expect(await penumbra('runs', '--project', dir, '--json')).toMatchObject({ code: 0 });
  });

  it('is never made again over what a user did', async () => {
    writeFileSync(join(dir, 'mine.txt'), 'a user was here');
    await sampleProject(say);
    expect(said).toBe('');
    expect(readFileSync(join(dir, 'mine.txt'), 'utf8')).toBe('a user was here');
  });

  it('is pointed at the photos of the clone that starts it', async () => {
    // As if another clone had made it, which is gone by now.
    const elsewhere = join(data, 'other-clone-photos');
    cpSync(join(repository, 'resources/sample'), elsewhere, { recursive: true });
    expect(await penumbra('repoint', elsewhere, '--project', dir)).toMatchObject({ code: 0 });
    rmSync(elsewhere, { recursive: true });
    writeFileSync(join(data, 'sample-project.json'), JSON.stringify({ photos: elsewhere }));

    await sampleProject(say);
    expect(JSON.parse(readFileSync(join(data, 'sample-project.json'), 'utf8'))).toEqual({ photos: join(repository, 'resources/sample') });
    const photos = await penumbra('repoint', join(repository, 'resources/sample'), '--project', dir, '--json');
    expect(photos.stdout).toContain('"matched":106');
  });

  it("is not made where a folder of that name is someone else's", async () => {
    const other = join(data, 'other-user');
    mkdirSync(join(other, 'sample-project'), { recursive: true });
    vi.stubEnv('PENUMBRA_DATA', other);
    await sampleProject(say);
    vi.stubEnv('PENUMBRA_DATA', data);
    expect(existsSync(join(other, 'sample-project.json'))).toBe(false);
    expect(readdirSync(join(other, 'sample-project'))).toEqual([]);
  });
});
