import type { Migration } from './migration.ts';

/** Runs with their curves, and the index of sealed artifacts. */
export const migration: Migration = {
  version: 3,
  name: 'runs',
  up(sqlite) {
    sqlite.exec(`
      CREATE TABLE runs (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        recipe TEXT NOT NULL,
        preset TEXT NOT NULL,
        overrides TEXT NOT NULL,
        seed INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
        steps TEXT NOT NULL,
        created_at TEXT NOT NULL,
        started_at TEXT,
        ended_at TEXT,
        backend TEXT,
        device TEXT NOT NULL,
        scoring_of TEXT,
        error TEXT,
        stored_order TEXT NOT NULL
      ) STRICT;
      CREATE INDEX runs_by_state ON runs (state, sequence);

      CREATE TABLE run_metrics (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        step TEXT NOT NULL,
        series TEXT NOT NULL,
        x REAL NOT NULL,
        x_unit TEXT NOT NULL CHECK (x_unit IN ('step', 'epoch')),
        value REAL NOT NULL,
        PRIMARY KEY (run_id, position),
        UNIQUE (run_id, step, series, x)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE artifacts (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        stage TEXT NOT NULL,
        run_id TEXT,
        created_at TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
        manifest TEXT NOT NULL
      ) STRICT;
      CREATE INDEX artifacts_by_kind ON artifacts (kind, sequence);
    `);
  },
};
