import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { processStart } from './process-start.ts';
import { translateStorageError } from './sqlite-errors.ts';

/** What project.lock says of the core that has the project open. */
export const LockOwner = z.strictObject({
  pid: z.int().positive(),
  /** `processStart` of the pid; null where the platform cannot say. */
  startedAt: z.string().nullable(),
  host: z.string(),
  /** Address of the core's socket, or null before it listens. */
  socket: z.string().nullable(),
  token: z.string(),
});
export type LockOwner = z.infer<typeof LockOwner>;

export interface ProjectLock {
  readonly owner: LockOwner;
  /** Writes the address at which the core answers from now on. */
  announce(socket: string): void;
  /** Lets the project go. Harmless when called again. */
  release(): void;
}

const GUARD_TIMEOUT_MS = 250;
/** Guards held by this process: a garbage-collected connection would drop its lock. */
const heldGuards = new Set<BetterSqlite3.Database>();

/**
 * Takes the project for this process. Two files: `project.lock.guard` carries a lock of the operating system (SQLite's exclusive
 * lock on an empty file), which ends with the process however it dies and which no two processes can hold; `project.lock` says who
 * holds it. So a project.lock left behind by a dead process is simply overwritten, and there is no moment at which two can win.
 * Throws PROJECT_LOCKED with the owner's pid and socket in `details`, or PROJECT_READ_ONLY.
 */
export function takeProjectLock(dir: string, options: { socket?: string } = {}): ProjectLock {
  const guard = openGuard(dir, false);
  try {
    guard.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    guard.close();
    if (isBusy(thrown)) throw lockedError(dir, waitForOwner(dir));
    throw translateStorageError(thrown, dir);
  }
  let owner: LockOwner = {
    pid: process.pid,
    startedAt: processStart(process.pid),
    host: hostname(),
    socket: options.socket ?? null,
    token: randomBytes(12).toString('hex'),
  };
  try {
    writeOwner(dir, owner);
  } catch (thrown) {
    guard.close();
    throw translateStorageError(thrown, dir);
  }
  heldGuards.add(guard);
  let held = true;
  return {
    get owner() {
      return owner;
    },
    announce(socket) {
      if (!held) return;
      owner = { ...owner, socket };
      writeOwner(dir, owner);
    },
    release() {
      if (!held) return;
      held = false;
      // Removed while the guard is held: nobody else can have written it since.
      rmSync(lockFile(dir), { force: true });
      heldGuards.delete(guard);
      guard.close();
    },
  };
}

/** The core that has the project open now, or null. Never waits longer than it takes a starting core to write its name. */
export function liveCore(dir: string): LockOwner | null {
  if (!existsSync(guardFile(dir))) return null;
  let guard: BetterSqlite3.Database;
  try {
    guard = openGuard(dir, true);
  } catch {
    return null;
  }
  try {
    guard.prepare('SELECT count(*) FROM sqlite_schema').get();
    return null;
  } catch (thrown) {
    return isBusy(thrown) ? waitForOwner(dir) : null;
  } finally {
    guard.close();
  }
}

function openGuard(dir: string, look: boolean): BetterSqlite3.Database {
  try {
    // Whoever only looks holds a shared lock for microseconds; the one who takes waits that out.
    return new BetterSqlite3(guardFile(dir), { timeout: look ? 0 : GUARD_TIMEOUT_MS, readonly: look });
  } catch (thrown) {
    throw translateStorageError((thrown as NodeJS.ErrnoException).code === 'SQLITE_CANTOPEN' ? reasonNotOpened(dir, thrown) : thrown, dir);
  }
}

/** SQLite only says that it cannot open the file; the file system says why. */
function reasonNotOpened(dir: string, thrown: unknown): unknown {
  try {
    // Never where this process holds the lock: closing a file drops the locks that a process has on it.
    closeSync(openSync(guardFile(dir), 'a'));
    return thrown;
  } catch (reason) {
    return reason;
  }
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && ((thrown as NodeJS.ErrnoException).code ?? '').startsWith('SQLITE_BUSY');
}

/** A core that has just won the lock may not have written its name yet. */
function waitForOwner(dir: string): LockOwner | null {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < 20; attempt++) {
    const owner = readOwner(dir);
    // A name left by a process that died is not the holder's.
    if (owner !== null && (owner.startedAt === null || owner.host !== hostname() || processStart(owner.pid) === owner.startedAt)) return owner;
    Atomics.wait(pause, 0, 0, 25);
  }
  return readOwner(dir);
}

function readOwner(dir: string): LockOwner | null {
  try {
    return LockOwner.parse(JSON.parse(readFileSync(lockFile(dir), 'utf8')));
  } catch {
    return null;
  }
}

function writeOwner(dir: string, owner: LockOwner): void {
  const temporary = `${lockFile(dir)}.${owner.token}`;
  writeFileSync(temporary, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  renameSync(temporary, lockFile(dir));
}

function lockFile(dir: string): string {
  return join(dir, 'project.lock');
}

function guardFile(dir: string): string {
  return join(dir, 'project.lock.guard');
}

function lockedError(dir: string, owner: LockOwner | null): PenumbraError {
  const who = owner === null ? 'another process' : `process ${owner.pid}${owner.host === hostname() ? '' : ` on ${owner.host}`}`;
  return new PenumbraError('PROJECT_LOCKED', `The project ${dir} is open in ${who}.`, {
    remedy: 'Use the window or command that has it open, or close it first.',
    details: { project: dir, pid: owner?.pid ?? null, socket: owner?.socket ?? null },
  });
}
