/** Asks the user's own pip where pinned files are. pip resolves; it does not download, except as the last resort. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './errors.mjs';

/** @typedef {import('./cache.mjs').PinnedWheel} PinnedWheel */
/** @typedef {{ url: string, headers: Record<string, string>, proxy: string | null, ca: string[], insecure: boolean }} WheelSource */

const HELPER = join(dirname(fileURLToPath(import.meta.url)), 'resolve_wheels.py');
const INTERNALS_CHANGED = 3;
const PIP_MISSING = 4;
const PIP_REMEDY =
  'Install it (Debian, Ubuntu: sudo apt-get install python3-pip; Fedora: sudo dnf install python3-pip), then run the same command again.';
const NETWORK_SIGNS =
  /connection error|NewConnectionError|Max retries exceeded|Name or service not known|Temporary failure in name resolution|timed out|ProxyError|Network is unreachable|Connection refused|Connection broken/i;

/**
 * First program of that name on PATH, or null.
 * @param {string} name
 * @param {import('./cache.mjs').Environment} env
 */
export function findProgram(name, env = process.env) {
  if (name.includes('/')) return existsSync(name) ? name : null;
  for (const dir of (env['PATH'] ?? '').split(delimiter)) {
    if (dir !== '' && existsSync(join(dir, name))) return join(dir, name);
  }
  return null;
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ input?: string, env?: NodeJS.ProcessEnv, cwd?: string, signal?: AbortSignal }} [options] `signal` kills it
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>} code -1 when a signal ended it
 */
export function capture(command, args, { input = '', env = process.env, cwd, signal } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
    signal?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (stderr += text));
    // A child that ends before it reads its input is told apart by its exit code.
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.end(input);
  });
}

/** python3, else python, or null. */
function findPython() {
  return findProgram('python3') ?? findProgram('python');
}

function noPython() {
  return new SetupError(
    'NO_PYTHON',
    'python3 is not on PATH. Its pip is needed once, to find the pinned packages in your package index.',
    'Install it (Debian, Ubuntu: sudo apt-get install python3 python3-pip; Fedora: sudo dnf install python3 python3-pip), ' +
      'then run the same command again.',
  );
}

/** @param {string} python */
function noPip(python) {
  return new SetupError(
    'NO_PIP',
    `${python} has no pip. It is needed once, to find the pinned packages in your package index.`,
    PIP_REMEDY,
  );
}

/** Version of the pip that set-up would use. Errors: NO_PYTHON, NO_PIP. */
export async function pipVersion() {
  const python = findPython();
  if (python === null) throw noPython();
  const asked = await capture(python, ['-m', 'pip', '--version']);
  if (asked.code !== 0) throw noPip(python);
  return asked.stdout.trim().split(' ')[1] ?? '?';
}

/** @param {readonly PinnedWheel[]} wheels */
function names(wheels) {
  return wheels.map((wheel) => `${wheel.package} ${wheel.version}`).join(', ');
}

/**
 * Where each wheel is, by file name; null when this pip's internals are not the ones known (then `pipDownload` does it).
 * Errors: NO_PYTHON, NO_PIP, NO_NETWORK, NOT_IN_INDEX.
 * @param {readonly PinnedWheel[]} wheels
 * @param {string} downloadsDir named in the way out
 * @returns {Promise<Map<string, WheelSource> | null>}
 */
export async function resolveWheels(wheels, downloadsDir) {
  const python = findPython();
  if (python === null) throw noPython();
  const input = JSON.stringify({
    wheels: wheels.map((wheel) => ({ package: wheel.package, version: wheel.version, filename: wheel.filename })),
  });
  const asked = await capture(python, [HELPER], { input });
  if (asked.code === INTERNALS_CHANGED) return null;
  if (asked.code === PIP_MISSING) throw noPip(python);
  if (asked.code !== 0) {
    throw new SetupError(
      'NO_PIP',
      `The pip of ${python} failed while looking for ${names(wheels)}: ${asked.stderr.trim().split('\n').at(-1) ?? ''}`,
      `See whether "${python} -m pip download --no-deps ${wheels[0]?.package ?? ''}" works, and repair pip or its configuration.`,
    );
  }
  /** @type {{ files: Record<string, WheelSource>, log: string[] }} */
  const answer = JSON.parse(asked.stdout);
  const missing = wheels.filter((wheel) => answer.files[wheel.filename] === undefined);
  if (missing.length === 0) return new Map(Object.entries(answer.files));
  const trouble = answer.log.find((line) => NETWORK_SIGNS.test(line));
  if (trouble !== undefined) throw noNetwork(missing, downloadsDir, trouble);
  throw new SetupError(
    'NOT_IN_INDEX',
    `Your package index does not offer ${missing.map((wheel) => wheel.filename).join(', ')}.`,
    `Let pip use an index that mirrors PyPI (python3 -m pip config list shows the present one), or put the file into ${downloadsDir}.`,
  );
}

/**
 * @param {readonly PinnedWheel[]} wheels
 * @param {string} downloadsDir
 * @param {unknown} cause
 */
function noNetwork(wheels, downloadsDir, cause) {
  return new SetupError(
    'NO_NETWORK',
    `The package index cannot be reached for ${names(wheels)}: ${cause instanceof Error ? cause.message : String(cause)}`,
    `Connect to the network (pip's own proxy and index settings are used) and run the same command again. ` +
      `Without a network, bring ${wheels.map((wheel) => wheel.filename).join(', ')} from another machine into ${downloadsDir}.`,
    cause,
  );
}

/**
 * The last resort, for a pip or a proxy that Node cannot follow: pip itself downloads, without resuming.
 * @param {PinnedWheel} wheel
 * @param {string} dir
 */
export async function pipDownload(wheel, dir) {
  const python = findPython();
  if (python === null) throw noPython();
  const [abi = 'none', platforms = 'any'] = wheel.filename.slice(0, -'.whl'.length).split('-').slice(-2);
  const target = ['--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp', '--abi', abi];
  for (const platform of platforms.split('.')) target.push('--platform', platform);
  const done = await capture(python, [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--dest',
    dir,
    ...target,
    `${wheel.package}==${wheel.version}`,
  ]);
  if (done.code !== 0) throw noNetwork([wheel], dir, done.stderr.trim().split('\n').at(-1) ?? 'pip download failed');
}
