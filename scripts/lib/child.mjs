/** Runs programs in the foreground for a wrapper script: signals and exit code pass through. The pinned Node never outlives the wrapper. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cacheRoot } from './cache.mjs';
import { pinnedNode } from './pinned-node.mjs';
import { SetupError } from './errors.mjs';
import { processStat } from './process-stat.mjs';

const PARENT_POLL_MS = 1000;

/**
 * Runs `node ARGS` and resolves to its exit code; a child ended by a signal ends this process by the same signal.
 * The child gets PENUMBRA_WATCH_PID: its watchdog ends it when this process is gone, even by SIGKILL.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string }} [options]
 * @returns {Promise<number>}
 */
export function runPinned(args, { env = {}, cwd = process.cwd() } = {}) {
  const node = pinnedNode();
  if (node === null) return Promise.reject(new SetupError('LOAD_FAILED', 'The pinned Node is not installed.', 'Run npm run setup.'));
  // Node keeps its compiled and type-stripped modules there: starts take about half the time.
  const own = {
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(cacheRoot(), 'compile'),
    PENUMBRA_WATCH_PID: String(process.pid),
  };
  return runForeground(node, args, { cwd, env: { ...own, ...env } });
}

/**
 * Runs a program as if it were this process: signals and exit code pass through.
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string }} [options]
 * @returns {Promise<number>}
 */
export function runForeground(program, args, { env = {}, cwd = process.cwd() } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const forward = (/** @type {NodeJS.Signals} */ signal) => {
      // Ctrl-C on a terminal reaches the whole foreground group: sending it again would count as a second one.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    for (const signal of signals) process.on(signal, forward);
    const parentWatch = watchNpm(() => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      clearInterval(parentWatch);
      if (signal === null) resolve(code ?? 1);
      else process.kill(process.pid, signal);
    });
  });
}

/**
 * npm that is killed takes nobody with it; under npm, its loss therefore ends the child. Between npm and this process stands a shell.
 * Without npm the script may have been put in the background on purpose and outlive its shell.
 * @param {() => void} onGone
 */
function watchNpm(onGone) {
  if (process.env['npm_lifecycle_event'] === undefined) return undefined;
  const parent = process.ppid;
  const npm = processStat(parent)?.parentPid;
  return setInterval(() => {
    if (process.ppid !== parent || processStat(parent)?.parentPid !== npm) onGone();
  }, PARENT_POLL_MS);
}
