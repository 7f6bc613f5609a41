import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkTarget, fillTarget } from './target.ts';

let dir: string;
let project: { dir: string; what: string };

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'penumbra-export-'));
  project = { dir: path.join(dir, 'project'), what: 'the project' };
  await mkdir(project.dir);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('checkTarget', () => {
  test('takes a new folder, an empty one, and tells of files', async () => {
    const target = path.join(dir, 'out');
    expect(await checkTarget(target, [project])).toEqual({ exists: false });
    await mkdir(target);
    expect(await checkTarget(target, [project])).toEqual({ exists: false });
    await writeFile(path.join(target, 'mine.txt'), '');
    expect(await checkTarget(target, [project])).toEqual({ exists: true });
    // A neighbour whose name merely begins alike is elsewhere.
    expect(await checkTarget(`${project.dir}-masks`, [project])).toEqual({ exists: false });
  });

  test('refuses relative paths, files, and what lies inside the project', async () => {
    await writeFile(path.join(dir, 'file'), '');
    await symlink(project.dir, path.join(dir, 'link'));
    const bad = ['out', '', `${dir}/a\0b`, path.join(dir, 'file'), project.dir, path.join(project.dir, 'a', 'b'), path.join(dir, 'link', 'out'), `${dir}/x/../project/y`];
    for (const target of bad) await expect(checkTarget(target, [project]), target).rejects.toMatchObject({ code: 'EXPORT_TARGET_INVALID' });
  });
});

describe('fillTarget', () => {
  test('shows the files only when all are written', async () => {
    const target = path.join(dir, 'deep', 'out');
    await fillTarget(target, async (staging) => {
      await writeFile(path.join(staging, 'a.txt'), 'a');
      await expect(readdir(target)).rejects.toMatchObject({ code: 'ENOENT' });
      return { files: 1, bytes: 1 };
    });
    expect(await readFile(path.join(target, 'a.txt'), 'utf8')).toBe('a');
    expect(await readdir(path.dirname(target))).toEqual(['out']);
  });

  test('brings every file and folder to the disk before the target shows them', async () => {
    const probe = await open(dir, 'r');
    const handle = Object.getPrototypeOf(probe) as { sync(): Promise<void> };
    await probe.close();
    const shownAt: boolean[] = [];
    const target = path.join(dir, 'out');
    const sync = vi.spyOn(handle, 'sync').mockImplementation(() => Promise.resolve(void shownAt.push(existsSync(target))));
    await fillTarget(target, async (staging) => {
      await mkdir(path.join(staging, 'masks', 'deep'), { recursive: true });
      for (const name of ['a.txt', 'masks/b.png', 'masks/deep/c.png']) await writeFile(path.join(staging, name), 'x');
      return { files: 3, bytes: 3 };
    });
    sync.mockRestore();
    // Three files, their three folders, then the folder that holds the target.
    expect(shownAt).toEqual([false, false, false, false, false, false, true]);
  });

  test('sweeps what a killed export to the same target left, and nothing that lives or is the user’s', async () => {
    const target = path.join(dir, 'out');
    const others = ['out.partial-mine', 'out.partial-0123abcd', 'other.partial-0a1b2c3d-1-0a1b2c3d-0a1b2c3d', 'out.partial-0a1b2c3d-4194304-0a1b2c3d-0a1b2c3d'];
    for (const name of others) await mkdir(path.join(dir, name));
    // Killed for real in the middle of an export: a process of its own whose fill never ends.
    const module = new URL('./target.ts', import.meta.url).href;
    const script = `const { fillTarget } = await import(${JSON.stringify(module)}); await fillTarget(${JSON.stringify(target)}, async () => { process.stdout.write('filling'); await new Promise((resolve) => setTimeout(resolve, 60000)); });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const live = (await readdir(dir)).filter((name) => name.startsWith('out.partial-') && !others.includes(name));
    expect(live).toHaveLength(1);
    const fill = () => Promise.resolve({ files: 0, bytes: 0 });
    await fillTarget(target, fill);
    expect(await readdir(dir)).toEqual(expect.arrayContaining(live));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await fillTarget(target, fill);
    expect((await readdir(dir)).sort()).toEqual([...others, 'out', 'project'].sort());
  });

  test.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EACCES', 'EXPORT_TARGET_INVALID'],
    ['EIO', 'WRITE_FAILED'],
  ])('%s leaves nothing behind and becomes %s', async (system, code) => {
    const target = path.join(dir, 'out');
    const filling = fillTarget(target, async (staging) => {
      await writeFile(path.join(staging, 'a.txt'), 'a');
      throw Object.assign(new Error(system), { code: system });
    });
    await expect(filling).rejects.toMatchObject({ code });
    expect(await readdir(dir)).toEqual(['project']);
  });

  test('files that appeared in the target meanwhile are kept', async () => {
    const target = path.join(dir, 'out');
    const filling = fillTarget(target, async () => {
      await mkdir(target);
      await writeFile(path.join(target, 'mine.txt'), 'mine');
      return { files: 0, bytes: 0 };
    });
    await expect(filling).rejects.toMatchObject({ code: 'EXPORT_TARGET_INVALID' });
    expect(await readFile(path.join(target, 'mine.txt'), 'utf8')).toBe('mine');
    expect((await readdir(dir)).sort()).toEqual(['out', 'project']);
  });
});
