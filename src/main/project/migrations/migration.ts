import type { Database } from 'better-sqlite3';

/** One step forward. Runs inside a transaction that also raises user_version; never edited once released. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  up(sqlite: Database): void;
}
