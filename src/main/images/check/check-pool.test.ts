import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { emptyFolder, photo, stripes } from '../../../../tests/support/voc-folder.ts';
import { CheckPool } from './check-pool.ts';

const folder = emptyFolder('penumbra-check-');
const photoPath = folder.write('a.jpg', await photo().jpeg().toBuffer());
const maskPath = folder.write('a.png', stripes([0, 3, 255]));
afterAll(() => folder.remove());
afterEach(() => {
  delete process.env['PENUMBRA_FAULTS'];
});

/** Pids of this process's children that check files. */
function checkWorkers(): number[] {
  const children = readdirSync('/proc/self/task').flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' ').map(Number));
  return children.filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('check-worker'));
}

describe('check pool', { timeout: 60_000 }, () => {
  it('reports header, content hash and mask values', async () => {
    const pool = new CheckPool({ processes: 1 });
    const result = await pool.check({ photoPath, maskPath });
    pool.close();
    expect(result).toMatchObject({
      photo: { ok: true, value: { header: { width: 24, height: 16 }, facts: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string } } },
      mask: { ok: true, value: { width: 24, height: 16, values: [0, 3, 255], reordered: null } },
    });
  });

  it.each([
    ['hangs', 'hang', /took longer than 5 s/],
    ['kills its process', 'kill', /ended its process \(SIGKILL\)/],
  ])('gives up a file that %s and goes on with the next', async (_, action, message) => {
    // The first decode of each process strikes; the second process starts without the fault.
    process.env['PENUMBRA_FAULTS'] = `images.decode=${action}@1`;
    const pool = new CheckPool({ processes: 1, timeoutMs: 5000 });
    const first = pool.check({ photoPath, maskPath: null });
    // Forked by now: check() starts its process before it waits.
    delete process.env['PENUMBRA_FAULTS'];
    const bad = await first;
    expect(bad.photo).toMatchObject({ ok: false, error: { code: 'IMAGE_UNREADABLE', message: expect.stringMatching(message) as string } });
    expect((await pool.check({ photoPath, maskPath: null })).photo.ok).toBe(true);
    pool.close();
  });

  it('starts a new process when the idle one was killed from outside', async () => {
    const pool = new CheckPool({ processes: 1 });
    const known = checkWorkers();
    await pool.check({ photoPath, maskPath: null });
    const [idle, ...others] = checkWorkers().filter((pid) => !known.includes(pid));
    expect(others).toEqual([]);
    process.kill(idle ?? 0, 'SIGKILL');
    // At once, before its end is told, and again after it.
    expect((await pool.check({ photoPath, maskPath: null })).photo.ok).toBe(true);
    const [next] = checkWorkers().filter((pid) => !known.includes(pid) && pid !== idle);
    process.kill(next ?? 0, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await pool.check({ photoPath, maskPath: null })).photo.ok).toBe(true);
    pool.close();
  });

  it('stops at once when cancelled', async () => {
    const abort = new AbortController();
    process.env['PENUMBRA_FAULTS'] = 'images.decode=hang@1';
    const pool = new CheckPool({ processes: 1, signal: abort.signal });
    const running = pool.check({ photoPath, maskPath: null });
    const waiting = pool.check({ photoPath, maskPath: null });
    setTimeout(() => abort.abort(), 50);
    await expect(running).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    await expect(waiting).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    pool.close();
  });
});
