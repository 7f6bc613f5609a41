import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { effectScope } from 'vue';
import { useRunLog } from './use-run-log.ts';

const core = vi.hoisted(() => ({ lines: 0, tell: null as ((payload: unknown) => unknown) | null }));
vi.mock('../../api/client.ts', () => ({
  call: (_: unknown, { afterLine }: { afterLine: number }) =>
    Promise.resolve({ lines: Array.from({ length: core.lines - afterLine }, (__, at) => ({ message: String(afterLine + at) })), nextLine: core.lines }),
}));
vi.mock('../../composables/use-core-events.ts', () => ({
  useResync: () => undefined,
  useCoreEvent: (_: string, listener: (payload: unknown) => void) => (core.tell = listener),
}));
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('shows a log that never rests, each line once', async () => {
  const scope = effectScope();
  const log = scope.run(() => useRunLog(() => 'run_a'));
  for (let line = 1; line <= 50; line++) {
    core.lines = line;
    core.tell?.({ runId: 'run_a' });
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(log?.lines.value.length).toBeGreaterThan(40);
  await vi.advanceTimersByTimeAsync(1000);
  expect(log?.lines.value.map(({ message }) => message)).toEqual(Array.from({ length: 50 }, (_, at) => String(at)));
  scope.stop();
});
