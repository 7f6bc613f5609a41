/** What can go wrong while setting up, each with the way out. Printed by `explain`; never a stack trace for an expected failure. */
import { dirname, sep } from 'node:path';
import { cacheRoot, dataRoot } from './cache.mjs';

/**
 * @typedef {'NODE_TOO_OLD' | 'UNSUPPORTED_PLATFORM' | 'NPM_FAILED' | 'NO_PYTHON' | 'NO_PIP' | 'NO_COMPILER' |
 *   'COMPILE_FAILED' | 'LOAD_FAILED' | 'NO_NETWORK' | 'NOT_IN_INDEX' | 'DOWNLOAD_FAILED' | 'WRONG_HASH' | 'ARCHIVE_DAMAGED' |
 *   'DISK_FULL' | 'NOT_WRITABLE' | 'LOCK_TIMEOUT' | 'INTERRUPTED'
 *   | 'USAGE'} SetupErrorCode
 */

export class SetupError extends Error {
  /**
   * @param {SetupErrorCode} code
   * @param {string} message names the thing, the value found and the value expected
   * @param {string} remedy the way out
   * @param {unknown} [cause]
   */
  constructor(code, message, remedy, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SetupError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** @param {unknown} thrown @returns {string | undefined} */
export function errorCode(thrown) {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

/**
 * Turns a file-system error into one with a way out; anything else is passed through.
 * @param {unknown} thrown
 * @param {string} doing such as "unpacking libtensorflow_cc.so.2"
 * @param {string} path where it was written
 */
export function fileError(thrown, doing, path) {
  const code = errorCode(thrown);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SetupError(
      'DISK_FULL',
      `The disk became full while ${doing} in ${dirname(path)}.`,
      `Free some space and run the same command again; what was downloaded is kept and used.${elsewhere(path, ' Or set', 'to a folder on a larger disk.')}`,
      thrown,
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new SetupError(
      'NOT_WRITABLE',
      `No permission to write while ${doing} in ${dirname(path)} (${code}).`,
      `Give yourself write permission for that folder${elsewhere(path, ', or set', 'to a folder that you may write to')}.`,
      thrown,
    );
  }
  return thrown;
}

/**
 * The variable that moves what lies at `path` to another folder, as part of a sentence; nothing where none does.
 * @param {string} path
 * @param {string} before
 * @param {string} after
 */
function elsewhere(path, before, after) {
  const movable = { PENUMBRA_CACHE: cacheRoot(), PENUMBRA_DATA: dataRoot() };
  const variable = Object.entries(movable).find(([, root]) => path === root || path.startsWith(root + sep))?.[0];
  return variable === undefined ? '' : `${before} ${variable} ${after}`;
}

/** Text for a person: expected failures in two lines, anything else with its stack. */
function explain(/** @type {unknown} */ thrown) {
  if (thrown instanceof SetupError) return `${thrown.message}\nWay out: ${thrown.remedy}`;
  if (thrown instanceof Error) return `This is a defect in Penumbra's set-up: ${thrown.stack ?? thrown.message}`;
  return `This is a defect in Penumbra's set-up: ${String(thrown)}`;
}

/**
 * Runs a script's main function and ends the process with its exit code; a thrown error is explained and ends with 1.
 * @param {() => Promise<number>} main
 */
export function runMain(main) {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (/** @type {unknown} */ thrown) => {
      process.stderr.write(`${explain(thrown)}\n`);
      process.exitCode = 1;
    },
  );
}
