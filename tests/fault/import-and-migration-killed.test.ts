import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqlite } from '#main/project/connection.ts';
import { migrate } from '#main/project/migrate.ts';
import { LATEST_VERSION, MIGRATIONS } from '#main/project/migrations/index.ts';
import { openProject } from '#main/project/open.ts';
import { readDataset } from '#main/datasets/read-dataset.ts';
import { vocFolder } from '../support/voc-folder.ts';

const IMPORTER = fileURLToPath(new URL('../support/import-writer.ts', import.meta.url));
const READER = fileURLToPath(new URL('../support/project-reader.ts', import.meta.url));
const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'penumbra-killed-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'project');
}

function run(script: string, args: readonly string[], faults: string) {
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env: { ...process.env, PENUMBRA_FAULTS: faults } });
}

describe('an import', () => {
  // The first db.write names the project, the second stores the import.
  it.each(['kill', 'ENOSPC'])('that ends in the middle of storing (%s) leaves an empty project, which takes it anew', async (action) => {
    const data = await vocFolder([{ name: 'a', split: 'train', mask: [1] }, { name: 'b', split: 'train', mask: [1] }], ['cat']);
    undo.push(() => data.remove());
    const dir = folder();
    const { signal, stdout } = run(IMPORTER, [dir, data.root], `db.write=${action}@2`);
    if (action === 'kill') expect(signal).toBe('SIGKILL');
    else expect(JSON.parse(stdout)).toMatchObject({ code: 'DISK_FULL' });
    const project = await openProject(dir);
    undo.push(() => project.close());
    expect(project.info()).toMatchObject({ classes: [], datasetRoot: null, counts: { images: 0, problems: 0 } });
    expect(project.vault.log(0, 1).total).toBe(0);
    expect(project.storeImport(await readDataset({ root: data.root, tags: { kind: 'masks' } }))).toMatchObject({ imported: 2, withTruth: 2 });
    expect(project.vault.log(0, 1).total).toBe(1);
  });
});

describe('a migration killed in the middle', () => {
  it('is done again at the next opening, each step whole or not at all', () => {
    const dir = folder();
    mkdirSync(dir);
    const sqlite = openSqlite(join(dir, 'project.db'), { readonly: false, mustExist: false });
    migrate(sqlite, { dir, backup: () => '', migrations: MIGRATIONS.slice(0, 1) });
    sqlite.exec(`INSERT INTO project VALUES (1, 'project_x', 'Old', '2026-01-01T00:00:00.000Z', NULL, 0)`);
    sqlite.close();
    for (let pass = 1; pass < LATEST_VERSION; pass++) {
      // Each start gets one step further before it is killed inside the next.
      expect(run(READER, [dir], `db.migrate=kill@${pass === 1 ? 1 : 2}`).signal).toBe('SIGKILL');
    }
    const { stdout } = run(READER, [dir], '');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'Old', schemaVersion: LATEST_VERSION, readOnly: false });
    expect(readdirSync(join(dir, 'backups')).length).toBeGreaterThanOrEqual(LATEST_VERSION - 1);
  });
});
