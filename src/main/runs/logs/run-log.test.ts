import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogLine } from '#shared/domain/run.ts';
import { openProcessLog } from './process-log.ts';
import { RotatingFile } from './rotating-file.ts';
import { readRunLog, RunLog, runLogPath } from './run-log.ts';

const RUN = 'run_000000000000';
const rotation = { maxBytes: 1000, keep: 3 };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penumbra-log-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function line(message: string): LogLine {
  return { at: '2026-01-01T00:00:00.000Z', level: 'info', step: 'model', message };
}

const messages = async (afterLine: number, limit = 1000) => {
  const { lines, nextLine } = await readRunLog(dir, RUN, afterLine, limit, rotation);
  return { messages: lines.map((item) => item.message), nextLine };
};

describe('run log', () => {
  it('is empty before the first line', async () => {
    expect(await messages(0)).toEqual({ messages: [], nextLine: 0 });
  });

  it('pages by line number', async () => {
    const log = new RunLog(dir, RUN, rotation);
    log.append(['a', 'b', 'c', 'd'].map(line));
    expect(await messages(0, 2)).toEqual({ messages: ['a', 'b'], nextLine: 2 });
    expect(await messages(2, 2)).toEqual({ messages: ['c', 'd'], nextLine: 4 });
    expect(await messages(4, 2)).toEqual({ messages: [], nextLine: 4 });
  });

  it('stays within its bounds, and numbers go on over rotation and reopening', async () => {
    let log = new RunLog(dir, RUN, rotation);
    for (let item = 0; item < 60; item++) {
      log.append([line(`line ${item}`)]);
      if (item % 7 === 0) {
        log.close();
        log = new RunLog(dir, RUN, rotation);
      }
    }
    const files = readdirSync(join(dir, 'logs')).sort();
    expect(files).toEqual([`run-${RUN}.1.ndjson`, `run-${RUN}.2.ndjson`, `run-${RUN}.ndjson`]);
    for (const file of files) expect(statSync(join(dir, 'logs', file)).size).toBeLessThanOrEqual(1000);
    const all = await messages(0);
    expect(all.nextLine).toBe(60);
    expect(all.messages.at(-1)).toBe('line 59');
    const first = 60 - all.messages.length;
    expect(first).toBeGreaterThan(0);
    expect(all.messages).toEqual(Array.from({ length: all.messages.length }, (_, index) => `line ${first + index}`));
    expect((await messages(58)).messages).toEqual(['line 58', 'line 59']);
  });

  it('passes over a line torn by a kill', async () => {
    const log = new RunLog(dir, RUN, rotation);
    log.append([line('a')]);
    log.close();
    appendFileSync(runLogPath(dir, RUN), '{"n":1,"at":"2026\n');
    const again = new RunLog(dir, RUN, rotation);
    again.append([line('b')]);
    expect(await messages(0)).toEqual({ messages: ['a', 'b'], nextLine: 2 });
  });
});

describe('RotatingFile', () => {
  it('drops and counts lines where it cannot write, and never throws', () => {
    writeFileSync(join(dir, 'file'), '');
    const file = new RotatingFile(join(dir, 'file', 'below', 'x.ndjson'));
    file.write('a\n');
    file.write('b\n');
    expect(file.dropped).toBe(2);
  });
});

describe('process log', () => {
  it('writes one JSON object a line with time and level', async () => {
    const log = openProcessLog(dir, 'core');
    log.info({ socket: 's' }, 'listening');
    const { readFileSync } = await import('node:fs');
    const lines = readFileSync(join(dir, 'logs', 'core.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      msg: 'listening',
      socket: 's',
      level: 30,
      pid: process.pid,
      time: expect.stringMatching(/^\d{4}-/) as string,
    });
  });
});
