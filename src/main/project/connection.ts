import BetterSqlite3 from 'better-sqlite3';
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type Compilable } from 'kysely';
import { faultPoint } from '../faults/faults.ts';
import type { Tables } from './schema.ts';
import { readOnlyError, translateStorageError } from './sqlite-errors.ts';

/** "Pnmb": tells a project database from any other SQLite file. */
export const APPLICATION_ID = 0x506e6d62;

type Statement = BetterSqlite3.Statement;

/**
 * The project's SQLite connection. Queries are written with Kysely, which only compiles them; they run synchronously, so that no
 * transaction can ever wait for a file or a tensor.
 */
export class ProjectDatabase {
  readonly sqlite: BetterSqlite3.Database;
  /** Compiles queries; never executes them. */
  readonly query: Kysely<Tables>;
  readonly dir: string;
  readonly readOnly: boolean;
  readonly #statements = new Map<string, Statement>();

  constructor(sqlite: BetterSqlite3.Database, dir: string, readOnly: boolean) {
    this.sqlite = sqlite;
    this.dir = dir;
    this.readOnly = readOnly;
    this.query = new Kysely<Tables>({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (db) => new SqliteIntrospector(db),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    });
  }

  all<R>(query: Compilable<R>): R[] {
    const { sql, parameters } = query.compile();
    return this.#guard(() => this.#prepare(sql).all(...parameters) as R[]);
  }

  first<R>(query: Compilable<R>): R | undefined {
    const { sql, parameters } = query.compile();
    return this.#guard(() => this.#prepare(sql).get(...parameters) as R | undefined);
  }

  /** A statement that changes rows; only inside `write`. Returns the number of rows changed. */
  run(query: Compilable): number {
    if (!this.sqlite.inTransaction) throw new Error('ProjectDatabase.run: call it inside write()');
    const { sql, parameters } = query.compile();
    return this.#prepare(sql).run(...parameters).changes;
  }

  /**
   * One transaction, durable when this returns: all of `change`, or nothing and a PenumbraError (DISK_FULL, WRITE_FAILED,
   * PROJECT_READ_ONLY, PROJECT_DAMAGED). `change` must not wait for anything. Nested calls join the outer transaction.
   */
  write<T>(change: () => T): T {
    if (this.readOnly) throw readOnlyError(this.dir);
    if (this.sqlite.inTransaction) return change();
    return this.#guard(() =>
      this.sqlite
        .transaction(() => {
          const result = change();
          faultPoint('db.write');
          return result;
        })
        .immediate(),
    );
  }

  close(): void {
    this.#statements.clear();
    this.sqlite.close();
  }

  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.sqlite.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw translateStorageError(thrown, this.dir);
    }
  }
}

/** Opens the file for writing with the durability the project promises. Throws SQLite's own errors. */
export function openSqlite(file: string, options: { readonly: boolean; mustExist: boolean }): BetterSqlite3.Database {
  const sqlite = new BetterSqlite3(file, { readonly: options.readonly, fileMustExist: options.mustExist, timeout: 5000 });
  try {
    if (!options.readonly) {
      sqlite.pragma('journal_mode = WAL');
      // FULL: a commit is on disk before it returns. A hand-drawn stroke must survive a power cut.
      sqlite.pragma('synchronous = FULL');
    }
    sqlite.pragma('foreign_keys = ON');
    sqlite.pragma('trusted_schema = OFF');
    return sqlite;
  } catch (thrown) {
    sqlite.close();
    throw thrown;
  }
}
