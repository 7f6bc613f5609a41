import type { Migration } from './migration.ts';

/** Hand corrections: one row a gesture, never deleted; one row an image for where its corrections stand. */
export const migration: Migration = {
  version: 2,
  name: 'edits',
  up(sqlite) {
    sqlite.exec(`
      CREATE TABLE image_work (
        image_id TEXT PRIMARY KEY REFERENCES images (id) ON DELETE RESTRICT,
        base TEXT,
        revision INTEGER NOT NULL DEFAULT 0 CHECK (revision >= 0),
        conflict_pixels INTEGER NOT NULL DEFAULT 0 CHECK (conflict_pixels >= 0),
        review TEXT NOT NULL DEFAULT 'unreviewed' CHECK (review IN ('unreviewed', 'accepted', 'flagged', 'skipped'))
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE gestures (
        image_id TEXT NOT NULL REFERENCES images (id) ON DELETE RESTRICT,
        sequence INTEGER NOT NULL CHECK (sequence > 0),
        base TEXT NOT NULL,
        tool TEXT NOT NULL,
        at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('applied', 'undone', 'discarded')),
        diff BLOB NOT NULL,
        tiles INTEGER NOT NULL,
        changed_pixels INTEGER NOT NULL,
        client_gesture_id TEXT NOT NULL,
        PRIMARY KEY (image_id, sequence),
        UNIQUE (image_id, client_gesture_id)
      ) STRICT;
      CREATE INDEX gestures_by_state ON gestures (image_id, state, sequence);
    `);
  },
};
