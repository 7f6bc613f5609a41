/** Every check of the project on the pinned Node, counted; the last line is what CI reads. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { repositoryRoot } from './cache.mjs';
import { SetupError } from './errors.mjs';
import { pinnedNode } from './pinned-node.mjs';

/** `failures` says of each what failed, in one line. @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Counts */
/**
 * What is read of vitest's JSON report.
 * @typedef {{ numPassedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { name: string, status: string, message?: string,
 *     assertionResults: { fullName: string, status: string, failureMessages?: string[] }[] }[] }} Report
 */

/** Each counts as one. @type {readonly { name: string, args: string[] }[]} */
const STATIC_CHECKS = [
  { name: 'lint', args: ['node_modules/eslint/bin/eslint.js', '--max-warnings', '0', '.'] },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  { name: 'types of the window', args: ['node_modules/vue-tsc/bin/vue-tsc.js', '--noEmit', '-p', 'src/renderer'] },
  {
    name: 'dependency rules',
    args: ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.mjs', 'src', 'scripts'],
  },
  { name: 'unused code', args: ['node_modules/knip/bin/knip.js'] },
  { name: 'docs/api.md', args: ['scripts/docs-api.ts', '--check'] },
];
const KINDS = ['unit', 'contract', 'ml', 'fault', 'e2e', 'desktop', 'setup'];
/** As many at once as two cores bear. */
const AT_ONCE = 2;

/** Children to end when this process is told to. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * @param {string[]} args
 * @param {'inherit' | 'pipe'} output
 * @returns {Promise<{ code: number, text: string }>}
 */
function runNode(args, output) {
  const node = pinnedNode();
  if (node === null) throw new SetupError('LOAD_FAILED', 'The pinned Node is not installed.', 'Run npm run setup.');
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd: repositoryRoot, stdio: ['ignore', output, output] });
    running.add(child);
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ part) => (text += part));
    child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ part) => (text += part));
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, text });
    });
  });
}

/** @param {number} startedMs */
function seconds(startedMs) {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}

/** @returns {Promise<Counts>} */
async function staticChecks() {
  /** @type {Counts} */
  const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const waiting = [...STATIC_CHECKS];
  const worker = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const startedMs = performance.now();
      const { code, text } = await runNode(check.args, 'pipe');
      counts[code === 0 ? 'passed' : 'failed'] += 1;
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${check.name} (${seconds(startedMs)})`);
      if (code !== 0) {
        console.log(text);
        counts.failures.push(check.name);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return counts;
}

/**
 * Counts of one vitest report. A file that fails before its tests are known, and a run that fails in spite of
 * its tests, count as one failure each: nothing may fail without a number.
 * @param {string} file
 * @param {number} code exit code of vitest
 * @returns {Counts}
 */
export function readReport(file, code) {
  /** @type {Report} */
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: ['no report: the tests ended before their end'] };
  }
  const failures = report.testResults.flatMap((file) => {
    const where = relative(repositoryRoot, file.name);
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return file.status === 'failed' ? [inOneLine(where, file.message)] : [];
    return failed.map((test) => inOneLine(`${where} > ${test.fullName}`, test.failureMessages?.[0]));
  });
  if (failures.length === 0 && code !== 0) failures.push('vitest failed though no test did: an error outside of the tests');
  return {
    passed: report.numPassedTests,
    failed: failures.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures,
  };
}

/** @param {string} what @param {string | undefined} message */
function inOneLine(what, message) {
  const [first = ''] = (message ?? '').split('\n');
  return first === '' ? what : `${what}: ${first}`;
}

/** @param {string} kind @param {string} reportDir @returns {Promise<Counts>} */
async function tests(kind, reportDir) {
  const report = join(reportDir, `${kind}.json`);
  console.log(`\n${kind} tests`);
  const { code } = await runNode(
    ['node_modules/vitest/vitest.mjs', 'run', '--project', kind, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    'inherit',
  );
  return readReport(report, code);
}

/**
 * Runs everything, prints the counts of each kind, and `N passed, N failed` as the very last line.
 * @param {readonly string[]} only arguments for vitest, such as `--project unit src/main/runs`: then it runs alone
 * @returns {Promise<number>} exit code
 */
export async function runChecks(only) {
  const stop = (/** @type {NodeJS.Signals} */ signal) => {
    for (const child of running) child.kill(signal);
    process.exit(1);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  if (only.length > 0) return (await runNode(['node_modules/vitest/vitest.mjs', 'run', ...only], 'inherit')).code;
  const reportDir = mkdtempSync(join(tmpdir(), 'penumbra-check-'));
  try {
    /** @type {[string, Counts][]} */
    const rows = [['static', await staticChecks()]];
    for (const kind of KINDS) rows.push([kind, await tests(kind, reportDir)]);
    const total = { passed: 0, failed: 0, skipped: 0 };
    // Once more at the end, where a reader of a long log looks.
    for (const [kind, { failures }] of rows) for (const failure of failures) console.log(`not ok: ${kind}: ${failure}`);
    console.log('');
    for (const [kind, counts] of rows) {
      console.log(`${kind.padEnd(9)} ${counts.passed} ok, ${counts.failed} not ok, ${counts.skipped} left out`);
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped += counts.skipped;
    }
    console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
    return total.failed === 0 ? 0 : 1;
  } finally {
    rmSync(reportDir, { recursive: true, force: true });
  }
}
