/** A lock file with its owner in it, so that two set-ups at once take turns and a killed one blocks nobody. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode, fileError, SetupError } from './errors.mjs';
import { processStat } from './process-stat.mjs';

const POLL_MS = 200;
const WAIT_LIMIT_MS = 60 * 60 * 1000;

function alive(/** @type {string} */ owner) {
  const [pidText = '', ticks = ''] = owner.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if (errorCode(thrown) === 'ESRCH') return false;
  }
  return ticks === '' || processStat(pid)?.startTicks === ticks;
}

function readOwner(/** @type {string} */ file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Takes a lock left by a dead process away. Renaming is atomic: of two that try, one wins; and should the winner
 * find that it took a living owner's lock, it puts it back.
 */
function removeStale(/** @type {string} */ file, /** @type {string} */ staleOwner) {
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readOwner(aside) !== staleOwner) {
    try {
      linkSync(aside, file);
    } catch {
      // A third process holds it by now; unique staging folders and renames keep even that harmless.
    }
  }
  rmSync(aside, { force: true });
}

/** Tries once; true when the lock is ours. A link is the atomic create-with-content. */
function tryTake(/** @type {string} */ file) {
  const own = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(own, `${process.pid} ${processStat(process.pid)?.startTicks ?? ''}\n`);
    linkSync(own, file);
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === 'EEXIST') return false;
    throw fileError(thrown, 'taking the set-up lock', file);
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * Runs `work` while holding the lock. Waits for a living owner, takes over from a dead one.
 * @template T
 * @param {string} file
 * @param {import('./say.mjs').Say} say
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, say, work) {
  let waitedMs = 0;
  while (!tryTake(file)) {
    const owner = readOwner(file);
    if (owner !== null && !alive(owner)) {
      removeStale(file, owner);
      continue;
    }
    if (waitedMs === 0 && owner !== null) say.line(`Another set-up (process ${owner.split(' ')[0] ?? '?'}) is at work; waiting for it.`);
    if (waitedMs >= WAIT_LIMIT_MS) {
      throw new SetupError('LOCK_TIMEOUT', `Another set-up has held ${file} for an hour.`, 'End that process, then run the command again.');
    }
    await sleep(POLL_MS);
    waitedMs += POLL_MS;
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
