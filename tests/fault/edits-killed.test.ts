import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { EditService } from '#main/project/edits/edit-service.ts';
import { liveCore } from '#main/project/lock.ts';
import { openProject } from '#main/project/open.ts';
import { BASES, EDIT_SIZES, afterStrokes, makeEditProject, readBase } from '../support/edit-project.ts';

const WRITER = fileURLToPath(new URL('../support/gesture-writer.ts', import.meta.url));
const [{ id: IMAGE }] = EDIT_SIZES;
const [BASE] = BASES;

/** Fifty processes start here; what the first compiled, the others need not. A killed process writes nothing to it. */
const compiled = mkdtempSync(join(tmpdir(), 'penumbra-compiled-'));
afterAll(() => rmSync(compiled, { recursive: true, force: true }));

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

/** Runs the writer until it dies; with `killAfterMs` it is killed that long after its first line. Returns the lines it printed. */
function paintUntilDeath(dir: string, options: { faults?: string; killAfterMs?: number }): Promise<{ lines: string[]; signal: string | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, dir], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PENUMBRA_FAULTS: options.faults ?? '', NODE_COMPILE_CACHE: compiled } });
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => {
      if (text === '' && options.killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), options.killAfterMs);
      text += bytes.toString();
    });
    child.on('error', reject);
    child.on('close', (_, signal) => resolve({ lines: text.split('\n').filter((line) => line !== ''), signal }));
  });
}

/** Number of gestures in the project after reopening, every one checked pixel by pixel. */
async function survivors(dir: string): Promise<number> {
  expect(liveCore(dir), 'a killed process holds no lock').toBeNull();
  const project = await openProject(dir);
  try {
    const edits = new EditService(project, readBase);
    const { gestures, revision } = edits.state(IMAGE);
    expect(revision).toBe(gestures);
    const map = await edits.correctedMap(IMAGE, BASE);
    expect(Buffer.compare(map.data, afterStrokes(BASE, IMAGE, gestures).data)).toBe(0);
    return gestures;
  } finally {
    project.close();
  }
}

describe('a disk that fills up while saving', () => {
  it.each(['ENOSPC', 'EIO'])('refuses the gesture (%s), keeps every earlier one, and goes on when it can', async (fault) => {
    const { dir, remove } = await makeEditProject();
    undo.push(remove);
    const { lines } = await paintUntilDeath(dir, { faults: `db.write=${fault}@4` });
    expect(lines.slice(0, 4)).toEqual(['ready', '1', '2', '3']);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ code: fault === 'ENOSPC' ? 'DISK_FULL' : 'WRITE_FAILED' });
    expect(await survivors(dir)).toBe(3);
    const project = await openProject(dir);
    undo.push(() => project.close());
    const edits = new EditService(project, readBase);
    expect(await edits.setReview(IMAGE, 'accepted')).toMatchObject({ gestures: 3, review: 'accepted' });
  });
});

describe('a process that saves corrections, killed with -9', () => {
  it('at 50 moments, in time and at every point of a commit, loses no acknowledged gesture', { timeout: 300_000 }, async () => {
    const { dir, remove } = await makeEditProject();
    undo.push(remove);
    let acknowledged = 0;
    for (let round = 0; round < 50; round++) {
      const point = ['edits.before-commit', 'db.write', 'edits.after-commit'][round % 4];
      const pass = 1 + ((round * 7) % 9);
      const { lines, signal } = await paintUntilDeath(dir, point === undefined ? { killAfterMs: (round * 13) % 60 } : { faults: `${point}=kill@${pass}` });
      expect(signal).toBe('SIGKILL');
      const printed = Number(lines.at(-1));
      if (Number.isInteger(printed)) acknowledged = printed;
      const found = await survivors(dir);
      // One more may have been committed whose acknowledgement did not get out.
      expect([acknowledged, acknowledged + 1], `round ${round}, ${point ?? 'in time'}`).toContain(found);
      if (point === 'edits.before-commit' || point === 'db.write') expect(found).toBe(acknowledged);
      if (point === 'edits.after-commit') expect(found).toBe(acknowledged + 1);
      acknowledged = found;
    }
    expect(acknowledged).toBeGreaterThan(100);
  });
});
