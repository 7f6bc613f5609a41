import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, openSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import { faultPoint } from '../faults/faults.ts';
import { ProjectDatabase, openSqlite } from './connection.ts';
import { migrate } from './migrate.ts';
import { refuseNetworkFs } from './network-fs.ts';
import { Project, type Clock } from './project.ts';
import { translateStorageError } from './sqlite-errors.ts';

const DATABASE = 'project.db';
/** Checking a database reads all of it; larger ones are checked by `backup` and by SQLite as it reads. */
const CHECK_UP_TO_BYTES = 32 * 1024 * 1024;

export interface OpenOptions {
  /** Opens without the right to write, even where the folder could be written. */
  readonly readOnly?: boolean;
  readonly now?: Clock;
  /** How long after opening the daily copy is looked after; short commands never get there. */
  readonly dailyCopyAfterMs?: number;
}

const DAILY_COPY_AFTER_MS = 20_000;

/**
 * Makes `dir` a project. Throws PROJECT_EXISTS, PROJECT_ON_NETWORK_FS, PROJECT_READ_ONLY, DISK_FULL. The database appears under its
 * name only when it is complete.
 */
export async function createProject(dir: string, options: { name: string; now?: Clock }): Promise<Project> {
  const target = resolve(dir);
  const now = options.now ?? systemClock;
  try {
    faultPoint('project.create');
    mkdirSync(target, { recursive: true });
    if (existsSync(join(target, DATABASE))) throw projectExists(target);
    await refuseNetworkFs(realpathSync(target));
    const temporary = join(target, `.${DATABASE}.${randomBytes(6).toString('hex')}`);
    try {
      writeEmptyProject(temporary, target, options.name, now);
      putInPlace(temporary, target);
    } finally {
      for (const suffix of ['', '-wal', '-shm']) rmSync(temporary + suffix, { force: true });
    }
    for (const folder of ['artifacts', 'thumbs', 'logs', 'backups']) mkdirSync(join(target, folder), { recursive: true });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new PenumbraError('PROJECT_EXISTS', `${target} is a file or lies under one; expected a folder.`, { remedy: 'Name another folder.', details: { project: target }, cause: thrown });
    }
    throw translateStorageError(thrown, target);
  }
  return openProject(target, { now });
}

/**
 * Opens the project in `dir`, bringing it to the newest schema after a backup. A folder that cannot be written opens read-only, on
 * a private copy of the database. Take the project lock first. Throws PROJECT_NOT_FOUND, PROJECT_TOO_NEW, PROJECT_DAMAGED,
 * PROJECT_ON_NETWORK_FS, MIGRATION_FAILED.
 */
export async function openProject(dir: string, options: OpenOptions = {}): Promise<Project> {
  const target = resolve(dir);
  const file = join(target, DATABASE);
  if (!existsSync(file)) {
    throw new PenumbraError('PROJECT_NOT_FOUND', `There is no project in ${target}: it holds no ${DATABASE}.`, {
      remedy: 'Name the folder of a project, or make one with: penumbra new DIR --voc ROOT',
      details: { project: target },
    });
  }
  const readOnly = options.readOnly === true || !isWritable(target, file);
  if (!readOnly) await refuseNetworkFs(realpathSync(target));
  try {
    return readOnly ? openCopy(target, options) : openInPlace(target, options);
  } catch (thrown) {
    throw withBackups(translateStorageError(thrown, target), target);
  }
}

function openInPlace(dir: string, options: OpenOptions): Project {
  const sqlite = openSqlite(join(dir, DATABASE), { readonly: false, mustExist: true });
  try {
    const now = options.now ?? systemClock;
    checkSound(sqlite, join(dir, DATABASE));
    migrate(sqlite, { dir, backup: (from) => backupBefore(sqlite, dir, from, now) });
    const project = new Project(new ProjectDatabase(sqlite, dir, false), { now, onClose: () => undefined });
    project.scheduleDailyCopy(options.dailyCopyAfterMs ?? DAILY_COPY_AFTER_MS);
    return project;
  } catch (thrown) {
    sqlite.close();
    throw thrown;
  }
}

/**
 * SQLite cannot read a WAL database in a folder where it may not make files, nor can an old schema be brought up to date there. So the
 * database, small beside photos and artifacts, is copied to a private folder that goes when the project is closed.
 */
function openCopy(dir: string, options: OpenOptions): Project {
  const copyDir = mkdtempSync(join(tmpdir(), 'penumbra-read-only-'));
  const discard = () => rmSync(copyDir, { recursive: true, force: true });
  try {
    const copy = join(copyDir, DATABASE);
    copyFileSync(join(dir, DATABASE), copy);
    if (existsSync(join(dir, `${DATABASE}-wal`))) copyFileSync(join(dir, `${DATABASE}-wal`), `${copy}-wal`);
    const sqlite = openSqlite(copy, { readonly: false, mustExist: true });
    try {
      checkSound(sqlite, copy);
      migrate(sqlite, { dir, backup: () => copy });
      return new Project(new ProjectDatabase(sqlite, dir, true), { now: options.now ?? systemClock, onClose: discard });
    } catch (thrown) {
      sqlite.close();
      throw thrown;
    }
  } catch (thrown) {
    discard();
    throw thrown;
  }
}

function writeEmptyProject(file: string, dir: string, name: string, now: Clock): void {
  const sqlite = openSqlite(file, { readonly: false, mustExist: false });
  const db = new ProjectDatabase(sqlite, dir, false);
  try {
    migrate(sqlite, { dir, backup: () => file });
    const id = `project_${randomBytes(9).toString('hex')}`;
    db.write(() => db.run(db.query.insertInto('project').values({ singleton: 1, id, name, created_at: now().toISOString(), dataset_root: null, root_is_relative: 0 })));
  } finally {
    db.close();
  }
}

/** link, unlike rename, never replaces a project that another process made meanwhile. */
function putInPlace(temporary: string, dir: string): void {
  const file = join(dir, DATABASE);
  try {
    linkSync(temporary, file);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw projectExists(dir);
    // File systems without hard links, such as exFAT, say one of these.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw thrown;
    renameSync(temporary, file);
  }
}

function checkSound(sqlite: ReturnType<typeof openSqlite>, file: string): void {
  if (statSync(file).size > CHECK_UP_TO_BYTES) return;
  const found = sqlite.pragma('quick_check(1)', { simple: true }) as string;
  if (found !== 'ok') throw Object.assign(new Error(found), { code: 'SQLITE_CORRUPT' });
}

function backupBefore(sqlite: ReturnType<typeof openSqlite>, dir: string, from: number, now: Clock): string {
  mkdirSync(join(dir, 'backups'), { recursive: true });
  const file = join(dir, 'backups', `project-v${from}-${now().toISOString().replaceAll(':', '')}.db`);
  sqlite.prepare('VACUUM INTO ?').run(file);
  return file;
}

/** Asks the file system, then tries: an access check says yes to root on some read-only mounts and no on some others. */
function isWritable(dir: string, file: string): boolean {
  try {
    faultPoint('project.open-write');
    accessSync(dir, constants.W_OK | constants.X_OK);
    // Not opened to try: closing a file drops the locks that this process, through SQLite, has on it.
    accessSync(file, constants.W_OK);
    const probe = join(dir, `.write-probe.${randomBytes(6).toString('hex')}`);
    closeSync(openSync(probe, 'wx'));
    rmSync(probe);
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false;
    // A full disk is no reason to refuse writing for good: it may be freed while the project is open.
    if (code === 'ENOSPC' || code === 'EDQUOT') return true;
    throw translateStorageError(thrown, dir);
  }
}

/** Names the copies that can take the place of a damaged database. */
function withBackups(error: unknown, dir: string): unknown {
  if (!(error instanceof PenumbraError) || error.code !== 'PROJECT_DAMAGED') return error;
  const folder = join(dir, 'backups');
  const copies = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.db')).sort() : [];
  const newest = copies.at(-1);
  return new PenumbraError(error.code, error.message, {
    remedy:
      newest === undefined
        ? 'There is no copy in the folder backups/. Keep project.db aside; the sqlite3 command ".recover" may save most of it. Photos and artifacts are not touched.'
        : `Put ${join(folder, newest)} in place of project.db (keep the damaged file aside). Photos and artifacts are not touched.`,
    details: { ...error.details, backups: copies },
    cause: error.cause,
  });
}

function systemClock(): Date {
  return new Date();
}

function projectExists(dir: string): PenumbraError {
  return new PenumbraError('PROJECT_EXISTS', `There is a project in ${dir} already.`, { remedy: 'Open it, or name another folder.', details: { project: dir } });
}
