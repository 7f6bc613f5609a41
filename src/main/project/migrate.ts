import type { Database } from 'better-sqlite3';
import { PenumbraError } from '#shared/errors.ts';
import { faultPoint } from '../faults/faults.ts';
import { APPLICATION_ID } from './connection.ts';
import { MIGRATIONS, LATEST_VERSION, type Migration } from './migrations/index.ts';
import { translateStorageError } from './sqlite-errors.ts';

export interface MigrateOptions {
  /** Names the project in errors. */
  readonly dir: string;
  /** Copies the database before a migration and returns where; not called for a new file. */
  readonly backup: (fromVersion: number) => string;
  readonly migrations?: readonly Migration[];
}

export function schemaVersion(sqlite: Database): number {
  return sqlite.pragma('user_version', { simple: true }) as number;
}

/**
 * Brings a database to the newest schema, each step in its own transaction after a backup. Throws PROJECT_TOO_NEW,
 * PROJECT_DAMAGED (not a project's file), MIGRATION_FAILED (naming the backup; the file stays at the version before) or DISK_FULL.
 */
export function migrate(sqlite: Database, options: MigrateOptions): void {
  const migrations = options.migrations ?? MIGRATIONS;
  checkCanOpen(sqlite, options.dir, migrations.length);
  for (const migration of migrations) {
    const from = schemaVersion(sqlite);
    if (migration.version <= from) continue;
    let backup: string | null = null;
    try {
      if (from > 0) backup = options.backup(from);
      sqlite
        .transaction(() => {
          migration.up(sqlite);
          sqlite.pragma(`user_version = ${migration.version}`);
          sqlite.pragma(`application_id = ${APPLICATION_ID}`);
          faultPoint('db.migrate');
        })
        .immediate();
    } catch (thrown) {
      const known = translateStorageError(thrown, options.dir);
      if (known instanceof PenumbraError) throw known;
      throw new PenumbraError(
        'MIGRATION_FAILED',
        `The project ${options.dir} could not be brought from version ${from} to ${migration.version} (${migration.name}): ${thrown instanceof Error ? thrown.message : String(thrown)}. It was left at version ${from}.`,
        {
          remedy: backup === null ? 'Report this with the log of this process.' : `Open it with the version of Penumbra that made it; a copy lies at ${backup}. Report this with the log of this process.`,
          details: { project: options.dir, from, to: migration.version, backup },
          cause: thrown,
        },
      );
    }
  }
}

/** Refuses files of other programs and of newer versions of this one. */
function checkCanOpen(sqlite: Database, dir: string, latest: number = LATEST_VERSION): void {
  const version = schemaVersion(sqlite);
  const application = sqlite.pragma('application_id', { simple: true }) as number;
  const tables = sqlite.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || tables !== 0)) {
    throw new PenumbraError('PROJECT_DAMAGED', `${dir}/project.db is a database of another program (application id ${application}, expected ${APPLICATION_ID}).`, {
      remedy: 'Put the right project.db back, for instance from the folder backups/, or make a new project elsewhere.',
      details: { project: dir, application },
    });
  }
  if (version > latest) {
    throw new PenumbraError('PROJECT_TOO_NEW', `The project ${dir} has schema version ${version}; this version of Penumbra knows up to ${latest}.`, {
      remedy: 'Open it with a newer version of Penumbra. Nothing was changed.',
      details: { project: dir, found: version, latest },
    });
  }
}
