import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqlite } from './connection.ts';
import { copyDaily } from './daily-copy.ts';
import { createProject, openProject } from './open.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

async function project(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'penumbra-daily-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const dir = join(folder, 'project');
  (await createProject(dir, { name: 'x' })).close();
  return dir;
}

describe('the daily copy', () => {
  it('is made once a day, is a whole database, and only the last three stay', async () => {
    const dir = await project();
    const sqlite = openSqlite(join(dir, 'project.db'), { readonly: false, mustExist: true });
    undo.push(() => sqlite.close());
    const files: (string | null)[] = [];
    for (let day = 1; day <= 5; day++) {
      const now = new Date(`2026-01-0${day}T12:00:00.000Z`);
      const file = await copyDaily(sqlite, dir, now);
      files.push(file);
      if (file !== null) utimesSync(file, now, now);
      expect(await copyDaily(sqlite, dir, new Date(now.getTime() + 3_600_000))).toBeNull();
    }
    expect(files).not.toContain(null);
    const kept = readdirSync(join(dir, 'backups')).sort();
    expect(kept.map((name) => name.slice(0, 24))).toEqual(['project-daily-2026-01-03', 'project-daily-2026-01-04', 'project-daily-2026-01-05']);
    const copy = openSqlite(join(dir, 'backups', kept[2] ?? ''), { readonly: true, mustExist: true });
    expect(copy.prepare('SELECT name FROM project').pluck().get()).toBe('x');
    copy.close();
  });

  it('is left when the project closes first', async () => {
    const dir = await project();
    const opened = await openProject(dir, { dailyCopyAfterMs: 1 });
    opened.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(readdirSync(join(dir, 'backups'))).toEqual([]);
  });
});
