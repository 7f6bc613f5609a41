import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqlite } from './connection.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { LATEST_VERSION, MIGRATIONS, type Migration } from './migrations/index.ts';
import { openProject } from './open.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'penumbra-migrate-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Rows as the app of each version could have written them. */
const ROWS: Readonly<Record<number, string>> = {
  1: `INSERT INTO project VALUES (1, 'project_x', 'Old', '2026-01-01T00:00:00.000Z', '/photos', 0);
      INSERT INTO classes VALUES (1, 'cat', 128, 0, 0), (2, 'dog', 0, 128, 0);
      INSERT INTO images VALUES ('im_0000000000000001', 'a', 'JPEGImages/a.jpg', 10, 1.5, '${'1'.repeat(64)}', 4, 3, 'train', 1, 'SegmentationClass/a.png', 5, 2.5, '${'2'.repeat(64)}', '[1]', NULL);
      INSERT INTO image_tags VALUES ('im_0000000000000001', 1);
      INSERT INTO supervision VALUES ('train', 0, 'tags');
      INSERT INTO vault_log (at, used_by, run_id, purpose, source, images, image_id) VALUES ('2026-01-01T00:00:00.000Z', 'x', NULL, 'p', 'truth', 1, NULL);
      INSERT INTO import_problems VALUES (1, 'f', 'FILE_MISSING', 'm', 'r', 'warning');`,
  2: `INSERT INTO image_work VALUES ('im_0000000000000001', '${'a'.repeat(32)}', 1, 0, 'accepted');
      INSERT INTO gestures VALUES ('im_0000000000000001', 1, '${'a'.repeat(32)}', 'brush', '2026-01-01T00:00:00.000Z', 'applied', x'0102', 1, 2, 'client-1');`,
  3: `INSERT INTO runs (id, recipe, preset, overrides, seed, state, steps, created_at, device, stored_order) VALUES ('run_000000000001', 'r', 'quick', '{}', 0, 'done', '[]', '2026-01-01T00:00:00.000Z', 'cpu', '{}');
      INSERT INTO run_metrics VALUES ('run_000000000001', 0, 's', 'loss', 1, 'step', 0.5);
      INSERT INTO artifacts (key, kind, stage, created_at, bytes, manifest) VALUES ('${'b'.repeat(32)}', 'model', 's', '2026-01-01T00:00:00.000Z', 1, '{}');`,
};

/** A database as the app of `version` left it, with rows in every table. */
function databaseOf(version: number, dir: string): string {
  const file = join(dir, 'project.db');
  const sqlite = openSqlite(file, { readonly: false, mustExist: false });
  migrate(sqlite, { dir, backup: () => file, migrations: MIGRATIONS.slice(0, version) });
  for (let step = 1; step <= version; step++) sqlite.exec(ROWS[step] ?? '');
  sqlite.close();
  return file;
}

function dump(file: string): Record<string, unknown[]> {
  const sqlite = new BetterSqlite3(file, { readonly: true });
  const tables = sqlite.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`).pluck().all() as string[];
  const rows = Object.fromEntries(tables.map((name) => [name, sqlite.prepare(`SELECT * FROM "${name}"`).all()]));
  sqlite.close();
  return rows;
}

function schemaOf(file: string): unknown[] {
  const sqlite = new BetterSqlite3(file, { readonly: true });
  const schema = sqlite.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all();
  sqlite.close();
  return schema;
}

describe('migrations', () => {
  it('are numbered from 1 without gaps', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, position) => position + 1));
    for (let version = 1; version <= LATEST_VERSION; version++) expect(ROWS[version], `rows of version ${version}`).toBeDefined();
  });

  it.each(MIGRATIONS.map(({ version }) => version))('bring version %i to the newest, row for row, with a copy from before each step', async (version) => {
    const dir = folder();
    const file = databaseOf(version, dir);
    const before = dump(file);
    const project = await openProject(dir);
    expect(project.info()).toMatchObject({ name: 'Old', schemaVersion: LATEST_VERSION });
    project.close();
    const after = dump(file);
    for (const [table, rows] of Object.entries(before)) expect(after[table], table).toEqual(rows);
    const fresh = folder();
    databaseOf(LATEST_VERSION, fresh);
    expect(schemaOf(file)).toEqual(schemaOf(join(fresh, 'project.db')));
    const copies = version === LATEST_VERSION ? [] : readdirSync(join(dir, 'backups')).sort();
    expect(copies.map((name) => /^project-v(\d+)-/.exec(name)?.[1])).toEqual(Array.from({ length: LATEST_VERSION - version }, (_, step) => `${version + step}`));
    if (copies[0] !== undefined) expect(dump(join(dir, 'backups', copies[0]))).toEqual(before);
  });

  it('that fail leave the version and every row as they were, and name the copy', () => {
    const dir = folder();
    const file = databaseOf(LATEST_VERSION, dir);
    const before = dump(file);
    const broken: Migration = {
      version: LATEST_VERSION + 1,
      name: 'broken',
      up(sqlite) {
        sqlite.exec(`UPDATE project SET name = 'half'; CREATE TABLE half (a TEXT) STRICT;`);
        throw new Error('no luck');
      },
    };
    const sqlite = openSqlite(file, { readonly: false, mustExist: true });
    mkdirSync(join(dir, 'backups'));
    expect(() => migrate(sqlite, { dir, backup: () => 'the-copy.db', migrations: [...MIGRATIONS, broken] })).toThrow(
      expect.objectContaining({ code: 'MIGRATION_FAILED', remedy: expect.stringContaining('the-copy.db') as string }),
    );
    expect(schemaVersion(sqlite)).toBe(LATEST_VERSION);
    sqlite.close();
    expect(dump(file)).toEqual(before);
  });

  it('are planned to find rows by index', () => {
    const dir = folder();
    const sqlite = openSqlite(databaseOf(LATEST_VERSION, dir), { readonly: true, mustExist: true });
    const plan = (query: string) => (sqlite.prepare(`EXPLAIN QUERY PLAN ${query}`).all() as { detail: string }[]).map(({ detail }) => detail).join('\n');
    for (const query of [
      `SELECT * FROM images WHERE split = 'train' ORDER BY name`,
      `SELECT * FROM gestures WHERE image_id = 'x' AND state = 'applied' ORDER BY sequence`,
      `SELECT * FROM gestures WHERE image_id = 'x' AND client_gesture_id = 'y'`,
      `SELECT image_id FROM image_tags WHERE class_index = 3`,
      `SELECT * FROM run_metrics WHERE run_id = 'x' AND position >= 10 ORDER BY position`,
    ]) {
      expect(plan(query), query).toMatch(/SEARCH .* USING/);
      expect(plan(query), query).not.toMatch(/SCAN|TEMP B-TREE/);
    }
    sqlite.close();
  });
});
