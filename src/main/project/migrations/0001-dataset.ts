import type { Migration } from './migration.ts';

/** Project, classes, photos by reference, tags, supervision and the vault's log. */
export const migration: Migration = {
  version: 1,
  name: 'dataset',
  up(sqlite) {
    sqlite.exec(`
      CREATE TABLE project (
        singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at TEXT NOT NULL,
        dataset_root TEXT,
        root_is_relative INTEGER NOT NULL DEFAULT 0 CHECK (root_is_relative IN (0, 1))
      ) STRICT;

      CREATE TABLE classes (
        class_index INTEGER PRIMARY KEY CHECK (class_index BETWEEN 1 AND 254),
        name TEXT NOT NULL UNIQUE,
        red INTEGER NOT NULL CHECK (red BETWEEN 0 AND 255),
        green INTEGER NOT NULL CHECK (green BETWEEN 0 AND 255),
        blue INTEGER NOT NULL CHECK (blue BETWEEN 0 AND 255)
      ) STRICT;

      CREATE TABLE images (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        photo_path TEXT NOT NULL UNIQUE,
        photo_bytes INTEGER NOT NULL,
        photo_mtime_ms REAL NOT NULL,
        photo_sha256 TEXT NOT NULL,
        width INTEGER NOT NULL CHECK (width > 0),
        height INTEGER NOT NULL CHECK (height > 0),
        split TEXT,
        tagged INTEGER NOT NULL CHECK (tagged IN (0, 1)),
        mask_path TEXT,
        mask_bytes INTEGER,
        mask_mtime_ms REAL,
        mask_sha256 TEXT,
        mask_classes TEXT,
        problem TEXT,
        CHECK ((mask_path IS NULL) = (mask_sha256 IS NULL) AND (mask_path IS NULL) = (mask_classes IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX images_by_split ON images (split, name);

      CREATE TABLE image_tags (
        image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        class_index INTEGER NOT NULL REFERENCES classes (class_index),
        PRIMARY KEY (image_id, class_index)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX image_tags_by_class ON image_tags (class_index, image_id);

      CREATE TABLE supervision (
        split TEXT NOT NULL,
        class_index INTEGER NOT NULL CHECK (class_index BETWEEN 0 AND 254),
        kind TEXT NOT NULL CHECK (kind IN ('tags', 'masks', 'boxes', 'none')),
        PRIMARY KEY (split, class_index)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE vault_log (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        used_by TEXT NOT NULL,
        run_id TEXT,
        purpose TEXT NOT NULL,
        source TEXT NOT NULL,
        images INTEGER NOT NULL,
        image_id TEXT
      ) STRICT;

      CREATE TABLE import_problems (
        sequence INTEGER PRIMARY KEY,
        file TEXT NOT NULL,
        code TEXT NOT NULL,
        message TEXT NOT NULL,
        remedy TEXT NOT NULL,
        effect TEXT NOT NULL CHECK (effect IN ('skipped', 'imported-without-mask', 'warning'))
      ) STRICT;
    `);
  },
};
