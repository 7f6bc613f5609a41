import { afterEach, describe, expect, it, vi } from 'vitest';
import { ThreadPool } from '#shared/threads/thread-pool.ts';
import { TaskPool, workerThreads } from './task-pool.ts';

// Threads start slowly on a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

/** A thread that doubles numbers, and does what words tell it. */
const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id, task }) => {
      if (task === 'die') process.exit(7);
      if (task === 'throw') throw new Error('thrown outside the handler');
      if (task === 'hang') return;
      if (task === 'half') return parentPort.postMessage({ id, kind: 'progress', share: 0.5 });
      const error = { code: 'IMAGE_TRUNCATED', message: 'cut', remedy: 'copy again', details: {} };
      if (task === 'refuse') return parentPort.postMessage({ id, kind: 'failed', error });
      parentPort.postMessage({ id, kind: 'done', result: task * 2 });
    });
  `)}`,
);
let pool: TaskPool<number | string, number>;

function start(threads: number): void {
  pool = new TaskPool(entry, threads);
}

afterEach(() => pool.close());

describe('task pool', () => {
  it('answers more tasks than it has threads', async () => {
    start(2);
    expect(await Promise.all([1, 2, 3, 4, 5].map((task) => pool.run(task)))).toEqual([2, 4, 6, 8, 10]);
  });

  it('hands on the error of a task and goes on', async () => {
    start(1);
    await expect(pool.run('refuse')).rejects.toMatchObject({ code: 'IMAGE_TRUNCATED', remedy: 'copy again' });
    expect(await pool.run(4)).toBe(8);
  });

  it.each([
    ['die', 'a worker thread ended with code 7'],
    ['throw', 'thrown outside the handler'],
  ])('when a thread meets its end (%s), its task fails and the other threads take the rest', async (word, message) => {
    start(2);
    const [doomed, ...others] = await Promise.allSettled([word, 1, 2, 3].map((task) => pool.run(task)));
    expect(doomed).toMatchObject({ status: 'rejected', reason: { message } });
    expect(others).toEqual([2, 4, 6].map((value) => ({ status: 'fulfilled', value })));
    expect(await pool.run(4)).toBe(8);
  });

  it('a thread that met its end is replaced: one thread goes on with what waits and what comes', async () => {
    start(1);
    const [doomed, waiting] = await Promise.allSettled([pool.run('die'), pool.run(1)]);
    expect(doomed).toMatchObject({ status: 'rejected', reason: { message: 'a worker thread ended with code 7' } });
    expect(waiting).toEqual({ status: 'fulfilled', value: 2 });
    expect(await pool.run(2)).toBe(4);
  });

  it('works with all its threads again, however many met their end', async () => {
    start(2);
    for (let time = 0; time < 2; time++) {
      const ends = await Promise.allSettled([pool.run('die'), pool.run('throw')]);
      expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(await pool.run(time)).toBe(time * 2);
    }
    const cancel = new AbortController();
    const hanging = pool.run('hang', { signal: cancel.signal });
    // In the second thread, beside the one that hangs.
    expect(await pool.run(5)).toBe(10);
    cancel.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  });

  it('threads that cannot start are given up, so that what waits and what comes fails instead of waiting for ever', async () => {
    let started = 0;
    const startBroken = workerThreads(new URL(`data:text/javascript,${encodeURIComponent(`throw new Error('cannot be loaded')`)}`));
    const broken = new ThreadPool<number, number>((events) => {
      started += 1;
      return startBroken(events);
    }, 2);
    const results = await Promise.allSettled(Array.from({ length: 30 }, (_, task) => broken.run(task)));
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { message: 'cannot be loaded' } });
    await expect(broken.run(1)).rejects.toThrow('cannot be loaded');
    expect(started).toBeLessThanOrEqual(9); // 4 for each of 2, and one under way
    await broken.close();
  });

  it('closed ends what is under way as cancelled', async () => {
    start(1);
    const results = Promise.allSettled([pool.run('hang'), pool.run(1)]);
    await pool.close();
    for (const result of await results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'RUN_CANCELLED' } });
    await expect(pool.run(1)).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  });

  it('tells how far a task is', async () => {
    start(1);
    const shares: number[] = [];
    const cancel = new AbortController();
    const half = pool.run('half', {
      signal: cancel.signal,
      onProgress: (share) => {
        shares.push(share);
        cancel.abort();
      },
    });
    await expect(half).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    expect(shares).toEqual([0.5]);
  });

  it('a task that is cancelled ends at once, and the rest goes on in a thread in its place', async () => {
    start(1);
    const cancel = new AbortController();
    const hanging = pool.run('hang', { signal: cancel.signal });
    const waiting = pool.run(2, { signal: cancel.signal });
    const rest = pool.run(3);
    cancel.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    await expect(waiting).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    expect(await rest).toBe(6);
    await expect(pool.run(4, { signal: cancel.signal })).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    expect(pool.threads).toBe(1);
  });

  it('refuses a task that cannot be sent, and takes the next', async () => {
    start(1);
    const unsendable = new TaskPool<unknown, number>(entry, 1);
    await expect(unsendable.run(() => 1)).rejects.toThrow('could not be cloned');
    expect(await unsendable.run(4)).toBe(8);
    await unsendable.close();
  });
});
