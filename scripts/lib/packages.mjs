/** node_modules: installed with `npm ci` when missing or other than the lock file says. Looks at files only when all is in place. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './cache.mjs';
import { SetupError } from './errors.mjs';
import { withLock } from './lock.mjs';
import { capture, findProgram } from './pip.mjs';
import { pinnedNode } from './pinned-node.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} LockedPackage */
/** @typedef {{ packages: Record<string, LockedPackage> }} LockFile */

/** @param {string} file @returns {LockFile | null} */
function readLock(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

/**
 * True when node_modules holds what package-lock.json names. npm writes node_modules/.package-lock.json as the last step of
 * an install, so an interrupted one is seen as well. Optional packages may be absent: they belong to other platforms.
 */
export function packagesInPlace(root = repositoryRoot) {
  const wanted = readLock(join(root, 'package-lock.json'));
  const present = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === null || present === null) return false;
  const same = Object.entries(wanted.packages).every(([path, want]) => {
    if (path === '') return true;
    const have = present.packages[path];
    if (have === undefined) return want.optional === true;
    return have.version === want.version && have.integrity === want.integrity;
  });
  return same && pinnedNode(root) !== null;
}

/** npm as it called us, else npm on PATH. @returns {[string, string[]]} */
function npmCommand() {
  const own = process.env['npm_execpath'];
  if (own !== undefined && /npm-cli\.c?js$/.test(own) && existsSync(own)) return [process.execPath, [own]];
  const npm = findProgram('npm');
  if (npm === null)
    throw new SetupError(
      'NPM_FAILED',
      'npm is not on PATH.',
      'Install npm (Debian, Ubuntu: sudo apt-get install npm), then run the same command again.',
    );
  return [npm, []];
}

/**
 * Brings node_modules up to date. No package may run anything while it is installed (`ignore-scripts`, also set in .npmrc).
 * Errors: NPM_FAILED, NO_NETWORK, DISK_FULL, UNSUPPORTED_PLATFORM.
 * @param {import('./say.mjs').Say} say
 */
export async function installPackages(say, root = repositoryRoot) {
  if (packagesInPlace(root)) return;
  await withLock(join(root, '.tmp', 'packages.lock'), say, async () => {
    if (packagesInPlace(root)) return;
    say.line('Installing the npm packages that package-lock.json names.');
    const [command, args] = npmCommand();
    const flags = [
      'ci',
      '--ignore-scripts',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--fetch-retry-mintimeout=1000',
      '--fetch-retry-maxtimeout=10000',
    ];
    const done = await capture(command, [...args, ...flags], { cwd: root });
    if (done.code !== 0) throw npmFailure(done.stderr);
    if (pinnedNode(root) === null) {
      throw new SetupError(
        'UNSUPPORTED_PLATFORM',
        `npm brought no Node 24 for ${process.platform} ${process.arch}.`,
        'Penumbra runs on Linux x64. If this is one, delete node_modules and run the same command again.',
      );
    }
  });
}

/** @param {string} stderr */
function npmFailure(stderr) {
  const said = stderr
    .split('\n')
    .filter((line) => /npm (error|ERR!)/.test(line) && !/complete log|A complete/.test(line))
    .slice(0, 3)
    .join(' | ');
  const text = said === '' ? stderr.trim().slice(-300) : said;
  if (/ENOSPC|EDQUOT/.test(stderr)) {
    return new SetupError(
      'DISK_FULL',
      `The disk became full while npm installed packages: ${text}`,
      'Free some space (node_modules takes 900 MB), then run the same command again.',
    );
  }
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network/i.test(stderr)) {
    return new SetupError(
      'NO_NETWORK',
      `npm cannot reach its registry: ${text}`,
      "Connect to the network (npm's own registry and proxy settings are used), then run the same command again.",
    );
  }
  return new SetupError('NPM_FAILED', `npm ci failed: ${text}`, 'Mend what npm names, then run the same command again.');
}
