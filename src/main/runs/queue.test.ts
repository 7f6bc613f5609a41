import { describe, expect, it } from 'vitest';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunLedger } from './ports.ts';
import { RunQueue, type Occupant } from './queue.ts';

interface Row {
  run: RunSummary;
  queuedAt: string;
}

/** Rows in order of creation, as the ledger keeps them. */
function ledgerOf(rows: readonly Row[]): RunLedger {
  const unused = () => {
    throw new Error('not asked for here');
  };
  return {
    insert: unused,
    update: unused,
    appendMetrics: unused,
    metrics: unused,
    get: (id) => rows.find((row) => row.run.id === id)?.run ?? null,
    order: (id) => ({ backend: 'auto', given: {}, only: null, queuedAt: rows.find((row) => row.run.id === id)?.queuedAt ?? '' }),
    list: ({ state, offset, limit }) => {
      const runs = rows.map((row) => row.run).filter((run) => run.state === state);
      return { total: runs.length, runs: runs.reverse().slice(offset, offset + limit) };
    },
  };
}

function row(id: string, queuedAt: string, device = 'cpu'): Row {
  const times = { createdAt: '', startedAt: null, endedAt: null };
  const settings = { recipe: 'r', preset: 'quick', overrides: {}, seed: 0 } as const;
  return { run: { id, ...settings, ...times, state: 'queued', steps: [], backend: null, device, error: null, scoringOf: null }, queuedAt };
}

/** Lets what was queued run to its end one by one; returns the order of starts. */
async function startsOf(rows: Row[], refuse: readonly string[] = []): Promise<string[]> {
  const starts: string[] = [];
  const ends: (() => void)[] = [];
  const queue = new RunQueue<Occupant>(ledgerOf(rows), (run) => {
    const own = rows.find((item) => item.run.id === run.id);
    if (own === undefined) throw new Error(`no row ${run.id}`);
    starts.push(run.id);
    own.run = { ...run, state: refuse.includes(run.id) ? 'failed' : 'running' };
    if (own.run.state === 'failed') return null;
    const ended = new Promise<RunSummary>((resolve) =>
      ends.push(() => {
        own.run = { ...run, state: 'done' };
        resolve(own.run);
      }),
    );
    return { run: own.run, ended, cancel: () => undefined };
  });
  queue.pump();
  for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
    starts.push('|');
    end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return starts;
}

describe('RunQueue', () => {
  it.each<[string, Row[], string]>([
    ['first in, first out', [row('a', '1'), row('b', '2'), row('c', '3')], 'a | b | c |'],
    ['in the order they came when they came in one millisecond', [row('a', '1'), row('b', '1'), row('c', '1')], 'a | b | c |'],
    ['a resumed run by the time it was queued again, not by its age', [row('a', '9'), row('b', '2'), row('c', '3')], 'b | c | a |'],
    ['one a device at a time', [row('a', '1'), row('b', '2', 'gpu0'), row('c', '3'), row('d', '4', 'gpu0')], 'a b | c | d | |'],
  ])('starts %s', async (_case, rows, expected) => {
    expect((await startsOf(rows)).join(' ')).toBe(expected);
  });

  it('knows all that wait, however many: the oldest is first', () => {
    const rows = Array.from({ length: 1001 }, (_, index) => row(`run ${index}`, String(index).padStart(4, '0')));
    const waiting = new RunQueue<Occupant>(ledgerOf(rows), () => null).waiting();
    expect(waiting.map(({ id }) => id)).toEqual(rows.map(({ run }) => run.id));
  });

  it('passes over a run that cannot start', async () => {
    expect((await startsOf([row('a', '1'), row('b', '2'), row('c', '3')], ['a', 'b'])).join(' ')).toBe('a b c |');
  });

  it('starts nothing once it is closed', () => {
    const queue = new RunQueue<Occupant>(ledgerOf([row('a', '1')]), () => {
      throw new Error('started');
    });
    queue.close();
    queue.pump();
    expect(queue.waiting().map((run) => run.id)).toEqual(['a']);
  });
});
