/** Where Electron is: what the user names, what npm brought, or what its own installer downloads on first use. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheRoot, repositoryRoot } from './cache.mjs';
import { pinnedNode } from './pinned-node.mjs';

/** @typedef {{ program: string } | { program: null, reason: string }} Electron */

const PACKAGE = join(repositoryRoot, 'node_modules', 'electron');
/** A download that takes longer is better done by hand, with its progress shown. */
const DOWNLOAD_MS = 90_000;
const TRY_AGAIN_MS = 24 * 60 * 60 * 1000;

/** Path of the executable inside an unpacked Electron. */
function executable() {
  if (process.platform === 'darwin') return join('Electron.app', 'Contents', 'MacOS', 'Electron');
  return process.platform === 'win32' ? 'electron.exe' : 'electron';
}

/** @param {import('./cache.mjs').Environment} env */
function noteFile(env) {
  return join(cacheRoot(env), 'electron-not-downloaded.json');
}

/**
 * Electron that is there, without looking elsewhere. $ELECTRON_OVERRIDE_DIST_PATH names an unpacked one.
 * @param {import('./cache.mjs').Environment} [env]
 * @returns {Electron}
 */
export function electronInPlace(env = process.env, packageDir = PACKAGE) {
  const own = env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (own !== undefined && own !== '') {
    const program = join(own, executable());
    return existsSync(program) ? { program } : { program: null, reason: `ELECTRON_OVERRIDE_DIST_PATH names ${own}, which holds no ${executable()}` };
  }
  const program = join(packageDir, 'dist', executable());
  return existsSync(program) && existsSync(join(packageDir, 'path.txt')) ? { program } : { program: null, reason: 'Electron is not downloaded yet' };
}

/**
 * Why Electron cannot show a window here, whether or not it is installed; null when it can.
 * @param {import('./cache.mjs').Environment} [env]
 */
export function whyNoWindow(env = process.env) {
  if (process.platform !== 'linux') return null;
  if ((env['DISPLAY'] ?? '') === '' && (env['WAYLAND_DISPLAY'] ?? '') === '') return 'there is no display';
  if (process.getuid?.() === 0) return 'Electron does not run as root';
  return null;
}

/**
 * Electron, downloaded where that is needed and possible. A download that failed is not tried again for a day.
 * @param {import('./say.mjs').Say} say
 * @param {{ env?: NodeJS.ProcessEnv, packageDir?: string, downloadMs?: number, nowMs?: number }} [options]
 * @returns {Promise<Electron>}
 */
export async function bringElectron(say, { env = process.env, packageDir = PACKAGE, downloadMs = DOWNLOAD_MS, nowMs = Date.now() } = {}) {
  const found = electronInPlace(env, packageDir);
  if (found.program !== null || (env['ELECTRON_OVERRIDE_DIST_PATH'] ?? '') !== '') return found;
  const note = readNote(env);
  if (note !== null && nowMs - note.atMs < TRY_AGAIN_MS && nowMs >= note.atMs) {
    return { program: null, reason: `${note.reason}; npm start tries again a day later, npx install-electron does at once` };
  }
  say.line('Downloading Electron …');
  const reason = await install(packageDir, downloadMs, env);
  if (reason === null) {
    rmSync(noteFile(env), { force: true });
    return electronInPlace(env, packageDir);
  }
  mkdirSync(dirname(noteFile(env)), { recursive: true });
  writeFileSync(noteFile(env), `${JSON.stringify({ atMs: nowMs, reason })}\n`);
  return { program: null, reason };
}

/**
 * Runs Electron's own installer, which checks the download against the hashes in its package.
 * @param {string} packageDir
 * @param {number} limitMs
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | null>} why it failed
 */
function install(packageDir, limitMs, env) {
  return new Promise((resolve) => {
    const child = spawn(pinnedNode() ?? process.execPath, [join(packageDir, 'install.js')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ part) => (said += part));
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.on('error', (thrown) => (said = thrown.message));
    child.on('close', (code) => {
      clearTimeout(limit);
      if (code === 0) resolve(null);
      else if (isLate) resolve(`the download of Electron took longer than ${Math.round(limitMs / 1000)} s`);
      else resolve(`Electron could not be downloaded (${firstLine(said)})`);
    });
  });
}

/** @param {string} text */
function firstLine(text) {
  return text.split('\n').find((line) => /error|failed/i.test(line))?.trim() ?? 'no reason given';
}

/** @param {import('./cache.mjs').Environment} env @returns {{ atMs: number, reason: string } | null} */
function readNote(env) {
  try {
    const note = JSON.parse(readFileSync(noteFile(env), 'utf8'));
    return typeof note.atMs === 'number' && typeof note.reason === 'string' ? note : null;
  } catch {
    return null;
  }
}
