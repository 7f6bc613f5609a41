import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { createProject, openProject } from './open.ts';
import { LATEST_VERSION } from './migrations/index.ts';
import type { Project } from './project.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'penumbra-open-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'project');
}

async function make(dir: string): Promise<Project> {
  const project = await createProject(dir, { name: 'Birds', now: () => new Date('2026-01-02T03:04:05.000Z') });
  undo.push(() => project.close());
  return project;
}

describe('a new project', () => {
  it('has its folders, name and the newest schema, and is there when opened again', async () => {
    const dir = folder();
    const project = await make(dir);
    expect(project.info()).toMatchObject({ name: 'Birds', createdAt: '2026-01-02T03:04:05.000Z', schemaVersion: LATEST_VERSION, readOnly: false, datasetRoot: null, classes: [], splits: [] });
    expect(readdirSync(dir).filter((name) => !name.startsWith('project.db')).sort()).toEqual(['artifacts', 'backups', 'logs', 'thumbs']);
    project.close();
    const again = await openProject(dir);
    undo.push(() => again.close());
    expect(again.id).toBe(project.id);
  });

  it('is durable: WAL, synchronous FULL, foreign keys, STRICT tables', async () => {
    const dir = folder();
    (await make(dir)).close();
    const sqlite = new BetterSqlite3(join(dir, 'project.db'));
    undo.push(() => sqlite.close());
    expect(sqlite.pragma('journal_mode', { simple: true })).toBe('wal');
    const tables = sqlite.pragma('table_list') as { name: string; schema: string; strict: number; type: string }[];
    const own = tables.filter(({ name, schema }) => schema === 'main' && !name.startsWith('sqlite_'));
    expect(own.length).toBeGreaterThan(10);
    for (const { name, strict } of own) expect(strict, name).toBe(1);
  });

  it('is not made over another, not even by two at once', async () => {
    const dir = folder();
    const results = await Promise.allSettled([make(dir), make(dir), make(dir)]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'PROJECT_EXISTS' });
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is not made where a file is', async () => {
    const dir = folder();
    writeFileSync(dir, 'hello');
    await expect(make(dir)).rejects.toMatchObject({ code: 'PROJECT_EXISTS' });
    expect(readFileSync(dir, 'utf8')).toBe('hello');
  });
});

describe('a project that cannot be opened', () => {
  it('is not there', async () => {
    await expect(openProject(folder())).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' });
  });

  it('is newer than the app: refused, naming both versions, and not changed', async () => {
    const dir = folder();
    (await make(dir)).close();
    const sqlite = new BetterSqlite3(join(dir, 'project.db'));
    sqlite.pragma(`user_version = ${LATEST_VERSION + 7}`);
    sqlite.close();
    const before = readFileSync(join(dir, 'project.db'));
    for (const readOnly of [false, true]) {
      await expect(openProject(dir, { readOnly })).rejects.toMatchObject({
        code: 'PROJECT_TOO_NEW',
        message: expect.stringMatching(new RegExp(`version ${LATEST_VERSION + 7}; .* up to ${LATEST_VERSION}`)) as string,
      });
    }
    expect(Buffer.compare(readFileSync(join(dir, 'project.db')), before)).toBe(0);
  });

  it.each([
    ['text', (file: string) => writeFileSync(file, 'hello, this is no database at all, but longer than a header needs to be to be looked at as one')],
    ['overwritten pages', (file: string) => {
      const handle = openSync(file, 'r+');
      // Every page but the first: the header still looks sound.
      for (let at = 4096; at + 512 < statSync(file).size; at += 4096) writeSync(handle, Buffer.alloc(512, 0xa5), 0, 512, at);
      closeSync(handle);
    }],
  ])('is damaged (%s): the newest copy is named', async (_, damage) => {
    const dir = folder();
    const project = await make(dir);
    await project.backup('test');
    project.close();
    damage(join(dir, 'project.db'));
    await expect(openProject(dir)).rejects.toMatchObject({ code: 'PROJECT_DAMAGED', remedy: expect.stringMatching(/backups.project-test-.*\.db in place of project\.db/) as string });
    const [copy = ''] = readdirSync(join(dir, 'backups'));
    writeFileSync(join(dir, 'project.db'), readFileSync(join(dir, 'backups', copy)));
    const restored = await openProject(dir);
    undo.push(() => restored.close());
    expect(restored.name).toBe('Birds');
  });

  it('belongs to another program', async () => {
    const dir = folder();
    (await make(dir)).close();
    rmSync(join(dir, 'project.db'));
    const sqlite = new BetterSqlite3(join(dir, 'project.db'));
    sqlite.exec('CREATE TABLE notes (text TEXT)');
    sqlite.close();
    await expect(openProject(dir)).rejects.toMatchObject({ code: 'PROJECT_DAMAGED', message: expect.stringContaining('another program') as string });
  });
});

describe('a project opened read-only', () => {
  it('shows everything, refuses writes, and leaves its folder as it was', async () => {
    const dir = folder();
    (await make(dir)).close();
    const listing = () => readdirSync(dir, { recursive: true }).map(String).sort();
    const before = listing();
    const project = await openProject(dir, { readOnly: true });
    undo.push(() => project.close());
    expect(project.info()).toMatchObject({ readOnly: true, name: 'Birds' });
    for (const write of [() => project.setSupervision([]), () => project.checkEmpty(), () => project.artifacts.delete('a'.repeat(32))]) {
      expect(write).toThrow(expect.objectContaining({ code: 'PROJECT_READ_ONLY' }));
    }
    await expect(project.repoint(dir)).rejects.toMatchObject({ code: 'PROJECT_READ_ONLY' });
    expect(listing()).toEqual(before);
  });

  it('sees what was committed but not yet moved out of the WAL', async () => {
    const dir = folder();
    const writer = await make(dir);
    writer.vault.record({ at: '2026-01-02T03:04:05.000Z', by: 'test', runId: null, purpose: 'p', source: 'truth', images: 1, imageId: null });
    expect(existsSync(join(dir, 'project.db-wal'))).toBe(true);
    const reader = await openProject(dir, { readOnly: true });
    undo.push(() => reader.close());
    expect(reader.vault.log(0, 10).total).toBe(1);
  });
});
