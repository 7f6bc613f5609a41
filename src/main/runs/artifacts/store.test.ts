import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactDraft } from '#main/ml/pipeline/host.ts';
import { verifyContents } from './reader.ts';
import { FileArtifactStore } from './store.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const RUN = 'run_000000000000';
const never = new AbortController().signal;

let dir: string;
let store: FileArtifactStore;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penumbra-store-'));
  store = new FileArtifactStore(dir);
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function facts(key = KEY): Parameters<ArtifactDraft['seal']>[0] {
  return {
    key,
    kind: 'model',
    stage: 'test',
    stageVersion: 1,
    config: {},
    inputs: {},
    sources: {},
    seed: 0,
    versions: {},
    createdAt: '2026-01-01T00:00:00.000Z',
    runId: RUN,
  };
}

async function sealOne(): Promise<void> {
  const draft = await store.draft(KEY, RUN, never);
  await draft.writer.write('a.txt', 'hello');
  await draft.writer.write('b.bin', new Uint8Array([1, 2, 3]));
  draft.writer.summarise({ images: 2 });
  draft.writer.summarise({ best: 0.5 });
  await draft.seal(facts());
}

describe('FileArtifactStore', () => {
  it('an artifact exists once it is sealed, not before, and holds what was written', async () => {
    const draft = await store.draft(KEY, RUN, never);
    await draft.writer.write('a.txt', 'hello');
    expect(draft.writer.has('a.txt')).toBe(true);
    expect(await store.open(KEY)).toBeNull();
    await draft.checkpoint.save(new Uint8Array([9]));
    const sealed = await draft.seal(facts());
    const reader = await store.require(KEY);
    expect(reader.manifest).toEqual(sealed.manifest);
    // echo -n hello | sha256sum
    expect(reader.manifest.files).toEqual([
      { name: 'a.txt', bytes: 5, sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' },
    ]);
    expect(new TextDecoder().decode(await reader.read('a.txt'))).toBe('hello');
    expect(reader.has('b')).toBe(false);
    await expect(reader.read('b')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    expect(readdirSync(reader.dir).sort()).toEqual(['a.txt', 'manifest.json']);
    expect(readdirSync(join(dir, 'artifacts', 'staging'))).toEqual([]);
  });

  it('merges what a stage summarises into the manifest', async () => {
    await sealOne();
    expect((await store.require(KEY)).manifest.summary).toEqual({ images: 2, best: 0.5 });
  });

  it('goes on with the files and the checkpoint of a draft that was let go', async () => {
    const first = await store.draft(KEY, RUN, never);
    await first.writer.write('a.txt', 'hello');
    await first.checkpoint.save(new Uint8Array([7, 8]));
    await first.release();
    writeFileSync(join(dir, 'artifacts', 'staging', KEY, '.tmp-99-1'), 'torn');
    const second = await store.draft(KEY, RUN, never);
    expect(second.finished).toBeNull();
    expect(second.writer.has('a.txt')).toBe(true);
    expect(await second.checkpoint.load()).toEqual(new Uint8Array([7, 8]));
    await second.writer.write('b.bin', new Uint8Array([1]));
    const sealed = await second.seal(facts());
    expect(sealed.manifest.files.map((file) => file.name)).toEqual(['a.txt', 'b.bin']);
    await verifyContents(sealed);
    expect(readdirSync(sealed.dir).sort()).toEqual(['a.txt', 'b.bin', 'manifest.json']);
  });

  it('waits for another live process that makes the same artifact, and takes what it made', async () => {
    await sealOne();
    const again = await store.draft(KEY, RUN, never);
    expect(again.finished?.manifest.key).toBe(KEY);
  });

  it('takes over from a dead process at once, and waits for a live one until cancelled', async () => {
    const staging = join(dir, 'artifacts', 'staging');
    const draft = await store.draft(KEY, RUN, never);
    await draft.release();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(join(staging, `${KEY}.owner`), JSON.stringify({ pid: dead, startTicks: '1', runId: RUN, released: false }));
    expect((await store.draft(KEY, RUN, never)).finished).toBeNull();
    writeFileSync(join(staging, `${KEY}.owner`), JSON.stringify({ pid: process.ppid, startTicks: null, runId: RUN, released: false }));
    await expect(store.draft(KEY, RUN, AbortSignal.timeout(500))).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    writeFileSync(join(staging, `${KEY}.owner`), '{"torn');
    expect((await store.draft(KEY, RUN, never)).finished).toBeNull();
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    ['a missing file', (folder) => unlinkSync(join(folder, 'a.txt')), /artifact 0123.*: a\.txt is missing/],
    ['a short file', (folder) => truncateSync(join(folder, 'a.txt'), 2), /a\.txt has 2 bytes; expected 5/],
    ['a manifest that is no JSON', (folder) => writeFileSync(join(folder, 'manifest.json'), '{'), /manifest\.json is not a manifest/],
    [
      'a manifest of another artifact',
      (folder) =>
        writeFileSync(join(folder, 'manifest.json'), readFileSync(join(folder, 'manifest.json'), 'utf8').replaceAll(KEY, 'f'.repeat(32))),
      /manifest\.json names key ffff/,
    ],
  ])('refuses %s, naming the file and the way out', async (_case, harm, message) => {
    await sealOne();
    harm(join(dir, 'artifacts', KEY));
    const failure = store.open(KEY);
    await expect(failure).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' });
    await expect(failure).rejects.toThrow(message);
    await store.setAside(KEY);
    expect(await store.open(KEY)).toBeNull();
    expect(await store.damaged()).toMatchObject([{ key: KEY }]);
  });

  it('finds changed content of unchanged size when asked to', async () => {
    await sealOne();
    writeFileSync(join(dir, 'artifacts', KEY, 'a.txt'), 'hallo');
    const reader = await store.require(KEY);
    await expect(verifyContents(reader)).rejects.toThrow(
      /a\.txt has sha256 d3751d33f9cd5049c4af2b462735457e4d3baf130bcbb87f389e349fbaeb20b9; expected 2cf24dba/,
    );
  });

  it('refuses file shrinking between open and read', async () => {
    await sealOne();
    const reader = await store.require(KEY);
    truncateSync(join(dir, 'artifacts', KEY, 'b.bin'), 1);
    await expect(reader.read('b.bin')).rejects.toThrow('b.bin has 1 bytes; expected 3');
  });

  it.each(['../x', '/etc/passwd', 'a/b', '.hidden', '', 'manifest.json', 'a\0b'])('refuses to write a file named %j', async (name) => {
    const draft = await store.draft(KEY, RUN, never);
    await expect(draft.writer.write(name, 'x')).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  });

  it.each(['..', '../../x', KEY.toUpperCase(), KEY + '0'])('refuses the key %j', async (key) => {
    await expect(store.open(key)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });

  it('deletes', async () => {
    await sealOne();
    await store.delete(KEY);
    await store.delete(KEY);
    expect(await store.sealedKeys()).toEqual([]);
    expect(existsSync(join(dir, 'artifacts', 'damaged', KEY))).toBe(false);
    await expect(store.require(KEY)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });
});

describe('checkpoint', () => {
  async function slot() {
    return (await store.draft(KEY, RUN, never)).checkpoint;
  }
  const file = (name: string) => join(dir, 'artifacts', 'staging', KEY, name);

  it('is null before the first, and the newest afterwards', async () => {
    const checkpoint = await slot();
    expect(await checkpoint.load()).toBeNull();
    await checkpoint.save(new Uint8Array([1]));
    await checkpoint.save(new Uint8Array([2, 2]));
    expect(await checkpoint.load()).toEqual(new Uint8Array([2, 2]));
  });

  it.each<[string, (path: string) => void]>([
    ['cut short', (path) => truncateSync(path, readFileSync(path).length - 1)],
    ['cut inside its header', (path) => truncateSync(path, 10)],
    ['empty', (path) => truncateSync(path, 0)],
    [
      'with one bit changed',
      (path) =>
        writeFileSync(
          path,
          readFileSync(path).map((byte, index, all) => (index === all.length - 1 ? byte ^ 1 : byte)),
        ),
    ],
    ['gone', (path) => unlinkSync(path)],
  ])('a newest one %s is passed over in favour of the one before, which outlives the next save', async (_case, harm) => {
    const checkpoint = await slot();
    await checkpoint.save(new Uint8Array([1, 1, 1]));
    await checkpoint.save(new Uint8Array([2, 2, 2]));
    harm(file('.checkpoint'));
    expect(await checkpoint.load()).toEqual(new Uint8Array([1, 1, 1]));
    await checkpoint.save(new Uint8Array([3, 3, 3]));
    expect(await checkpoint.load()).toEqual(new Uint8Array([3, 3, 3]));
    unlinkSync(file('.checkpoint'));
    expect(await checkpoint.load()).toEqual(new Uint8Array([1, 1, 1]));
  });
});
