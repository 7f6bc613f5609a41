import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openProject } from '#main/project/open.ts';
import { makeEditProject } from '../support/edit-project.ts';

const WRITER = fileURLToPath(new URL('../support/gesture-writer.ts', import.meta.url));
const READER = fileURLToPath(new URL('../support/project-reader.ts', import.meta.url));

/** A mount namespace of its own needs root, or user namespaces; where neither is to be had the injected errors stand in. */
const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

/** Runs a script with pinned Node after `prepare` in a mount namespace that ends with it. */
function withMounts(prepare: string, script: string, args: readonly string[], after = 'true'): { lines: string[]; stderr: string } {
  const quoted = [process.execPath, script, ...args].map((part) => `'${part}'`).join(' ');
  const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', `${prepare} && ${quoted}; ${after}`], { encoding: 'utf8' });
  return { lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}

describe.skipIf(!canMount)('on real file systems', () => {
  it('a full disk: the gesture is refused with the way out, everything before it is there', async () => {
    const { dir, remove } = await makeEditProject();
    undo.push(remove);
    const small = join(dirname(dir), 'small');
    mkdirSync(small);
    const survived = join(dirname(dir), 'survived');
    // 1 MiB: a few hundred gestures fit into the WAL before it is full.
    const { lines, stderr } = withMounts(
      `mount -t tmpfs -o size=1m none '${small}' && cp -a '${dir}' '${small}/project'`,
      WRITER,
      [join(small, 'project')],
      `cp -a '${small}/project' '${survived}'`,
    );
    const error = JSON.parse(lines.at(-1) ?? '{}') as { code?: string; remedy?: string };
    expect(error, stderr).toMatchObject({ code: 'DISK_FULL', remedy: 'Free disk space, then do it again.' });
    const acknowledged = Number(lines.at(-2));
    expect(acknowledged).toBeGreaterThan(10);
    const project = await openProject(survived);
    undo.push(() => project.close());
    expect(project.edits.countByState('im_0000000000000000').applied).toBe(acknowledged);
  });

  it('a read-only mount: opens read-only, shows everything, refuses to write', async () => {
    const { dir, remove } = await makeEditProject();
    undo.push(remove);
    const { lines, stderr } = withMounts(`mount --bind '${dir}' '${dir}' && mount -o remount,ro,bind '${dir}'`, READER, [dir]);
    expect(JSON.parse(lines[0] ?? '{}'), stderr).toMatchObject({ readOnly: true, counts: { images: 2 }, refused: 'PROJECT_READ_ONLY', lock: 'PROJECT_READ_ONLY' });
  });
});

describe('with injected errors', () => {
  it.each(['EROFS', 'EIO'])('%s at opening', async (fault) => {
    const { dir, remove } = await makeEditProject();
    undo.push(remove);
    const { stdout } = spawnSync(process.execPath, [READER, dir], { encoding: 'utf8', env: { ...process.env, PENUMBRA_FAULTS: `project.open-write=${fault}` } });
    expect(JSON.parse(stdout)).toMatchObject(fault === 'EROFS' ? { readOnly: true, refused: 'PROJECT_READ_ONLY' } : { code: 'WRITE_FAILED' });
  });
});
