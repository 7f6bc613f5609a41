import { defineConfig } from 'vitest/config';

const inProcesses = { pool: 'forks' as const, expect: { poll: { timeout: 60_000 } } };
/** What serves a page serves the built one. A real browser, and an old Electron, on two shared cores get a second try. */
const globalSetup = 'tests/support/built-window.ts';

/**
 * One project a kind, so that counts and failures are told apart; `npm test` runs them all. Limits of time are there to end what hangs, on a machine
 * that is busy with other things too: no test rests on them.
 */
export default defineConfig({
  test: {
    // Two cores and native code: more workers only steal from each other.
    maxWorkers: 2,
    projects: [
      { test: { ...inProcesses, name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { ...inProcesses, name: 'contract', include: ['tests/contract/**/*.test.ts'], globalSetup, testTimeout: 120_000, hookTimeout: 120_000 } },
      { test: { ...inProcesses, name: 'ml', include: ['tests/ml/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000 } },
      { test: { ...inProcesses, name: 'fault', include: ['tests/fault/**/*.test.ts'], globalSetup, testTimeout: 120_000, hookTimeout: 60_000 } },
      { test: { ...inProcesses, name: 'e2e', include: ['tests/e2e/**/*.test.ts'], globalSetup, retry: 1, testTimeout: 120_000, hookTimeout: 120_000 } },
      { test: { ...inProcesses, name: 'desktop', include: ['tests/desktop/**/*.test.ts'], globalSetup, retry: 1, testTimeout: 180_000, hookTimeout: 300_000 } },
      { test: { ...inProcesses, name: 'setup', include: ['tests/setup/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
});
