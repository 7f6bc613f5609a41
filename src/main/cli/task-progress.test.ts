import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Output } from './output.ts';
import { TaskProgress } from './task-progress.ts';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  const stdout = { isTTY, columns: 200, write: (text: string) => written.push(text) };
  return { written, output: new Output({ json: false, terminal: { stdout, stderr: { write: () => true } } }) };
}

describe('TaskProgress', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  test('redraws a bar with the time left on a terminal', () => {
    const { written, output } = terminal(true);
    const progress = new TaskProgress(output, 'importing', 'photos');
    vi.advanceTimersByTime(15_000);
    progress.show(30, 120);
    progress.show(60, 120, 7);
    expect(written[0]).toMatch(/^\r\x1b\[2K… importing +█{6}░{18} {2}25 % 30\/120 photos {2}ETA 0:45$/u);
    expect(written[1]).toContain('50 % 60/120 photos  ETA 0:07');
  });

  test('prints a line as it begins and one every ten seconds elsewhere', () => {
    const { written, output } = terminal(false);
    const progress = new TaskProgress(output, 'importing', 'photos');
    progress.show(1, 120, null);
    vi.advanceTimersByTime(9_999);
    progress.show(2, 120, null);
    vi.advanceTimersByTime(1);
    progress.show(3, 120, null);
    progress.show(4, 120, null);
    progress.finish();
    expect(written).toEqual(['… importing\n', '  importing   2 % 3/120 photos\n']);
  });
});
