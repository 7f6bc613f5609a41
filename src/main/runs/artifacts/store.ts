import { copyFile, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PenumbraError } from '#shared/errors.ts';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import { ArtifactKey } from '#shared/domain/ids.ts';
import type { ArtifactDraft, ArtifactStore } from '#main/ml/pipeline/host.ts';
import type { ArtifactReader } from '#main/ml/stage.ts';
import { syncFolder, TEMP_PREFIX, writeError } from './atomic.ts';
import { DraftFolder, finishSeal } from './draft.ts';
import { forgetOwnership, readOwner, takeOwnership, type Owner } from './owner.ts';
import { MANIFEST, openFolder, openUnchecked } from './reader.ts';

/**
 * Artifacts of a project as folders: `artifacts/KEY/` sealed, `artifacts/staging/KEY/` in the making,
 * `artifacts/damaged/KEY/` set aside. Used by the core (reads, sweeps) and by trainers (make them).
 */
export class FileArtifactStore implements ArtifactStore {
  readonly #root: string;
  readonly #stagingRoot: string;

  constructor(projectDir: string) {
    this.#root = join(projectDir, 'artifacts');
    this.#stagingRoot = join(this.#root, 'staging');
  }

  async open(key: string): Promise<ArtifactReader | null> {
    return openFolder(this.#sealedDir(key), key);
  }

  /** Like `open`, but ARTIFACT_NOT_FOUND when there is none. */
  async require(key: string): Promise<ArtifactReader> {
    return existing(key, await this.open(key));
  }

  /** Like `require`, but a file is checked when it is read, and the others not at all. */
  async requireUnchecked(key: string): Promise<ArtifactReader> {
    return existing(key, await openUnchecked(this.#sealedDir(key), key));
  }

  async draft(key: string, runId: string, signal: AbortSignal, reopen: ArtifactReader | null = null): Promise<ArtifactDraft> {
    const dir = this.#stagingDir(key);
    let finished: ArtifactReader | null;
    let taken: ArtifactManifest['files'] = [];
    try {
      await mkdir(this.#stagingRoot, { recursive: true });
      await takeOwnership(this.#stagingRoot, key, runId, signal);
      finished = await this.#findFinished(key, reopen);
      if (finished === null) {
        await prepareFolder(dir);
        // A model is trained from its beginning; nothing of the one before is of use.
        if (reopen !== null && reopen.manifest.kind !== 'model') taken = await takeFiles(reopen, dir);
      }
    } catch (error) {
      throw await writeError(error, dir, null);
    }
    return new DraftFolder(dir, this.#sealedDir(key), runId, finished, reopen, taken);
  }

  async #findFinished(key: string, reopen: ArtifactReader | null): Promise<ArtifactReader | null> {
    const sealed = await this.open(key);
    // Not the one that was to be reopened: another process has replaced it meanwhile.
    if (sealed !== null && reopen !== null && isDeepStrictEqual(sealed.manifest, reopen.manifest)) return null;
    if (sealed !== null) {
      await this.deleteStaged(key);
      return sealed;
    }
    // Killed between writing the manifest and the rename: everything is there, so the seal is finished now.
    const complete = await openFolder(this.#stagingDir(key), key).catch(() => null);
    return complete === null ? null : finishSeal(this.#stagingDir(key), this.#sealedDir(key));
  }

  async setAside(key: string): Promise<void> {
    const aside = join(this.#root, 'damaged', key);
    await mkdir(join(this.#root, 'damaged'), { recursive: true });
    await rm(aside, { recursive: true, force: true });
    await rename(this.#sealedDir(key), aside);
    await syncFolder(this.#root);
  }

  /** Deletes a sealed artifact. It vanishes by one rename, so a kill midway leaves no half of it behind. */
  async delete(key: string): Promise<void> {
    const sealed = this.#sealedDir(key);
    if ((await stat(sealed).catch(() => null)) === null) return;
    await this.setAside(key);
    await rm(join(this.#root, 'damaged', key), { recursive: true, force: true });
  }

  /** Keys of all sealed artifacts. */
  async sealedKeys(): Promise<string[]> {
    return this.#keysIn(this.#root);
  }

  /** Artifacts in the making, with who works or worked on them. */
  async staged(): Promise<{ key: string; owner: Owner | null }[]> {
    const staged = [];
    for (const key of await this.#keysIn(this.#stagingRoot)) staged.push({ key, owner: await readOwner(this.#stagingRoot, key) });
    return staged;
  }

  async deleteStaged(key: string): Promise<void> {
    await rm(this.#stagingDir(key), { recursive: true, force: true });
    await forgetOwnership(this.#stagingRoot, key);
  }

  async stagedBytes(key: string): Promise<number> {
    return folderBytes(this.#stagingDir(key));
  }

  /** Keys and bytes of what was set aside. */
  async damaged(): Promise<{ key: string; bytes: number }[]> {
    const found = [];
    for (const key of await this.#keysIn(join(this.#root, 'damaged')))
      found.push({ key, bytes: await folderBytes(join(this.#root, 'damaged', key)) });
    return found;
  }

  async deleteDamaged(key: string): Promise<void> {
    await rm(join(this.#root, 'damaged', parseKey(key)), { recursive: true, force: true });
  }

  #sealedDir(key: string): string {
    return join(this.#root, parseKey(key));
  }

  #stagingDir(key: string): string {
    return join(this.#stagingRoot, parseKey(key));
  }

  async #keysIn(dir: string): Promise<string[]> {
    const names = await readdir(dir).catch(() => []);
    return names.filter((name) => ArtifactKey.safeParse(name).success).sort();
  }
}

function existing(key: string, reader: ArtifactReader | null): ArtifactReader {
  if (reader !== null) return reader;
  throw new PenumbraError('ARTIFACT_NOT_FOUND', `there is no artifact ${key} in this project`, {
    remedy: 'Run the recipe that makes it, or choose another run.',
    details: { key },
  });
}

/** Clears what a killed writer left; a manifest here belongs to a seal whose files did not check out. */
async function prepareFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) {
    if (name.startsWith(TEMP_PREFIX) || name === MANIFEST) await rm(join(dir, name), { force: true });
  }
}

/** Puts the files of a sealed artifact into `dir`, save those that an interrupted process has put there or made anew. Returns those put. */
async function takeFiles(sealed: ArtifactReader, dir: string): Promise<ArtifactManifest['files']> {
  const present = new Set(await readdir(dir));
  const wanted = sealed.manifest.files.filter((file) => !present.has(file.name));
  for (const { name } of wanted) {
    // Files of artifacts are replaced, never changed in place, so both may share one. Not every file system has hard links.
    await link(join(sealed.dir, name), join(dir, name)).catch(async () => {
      await copyFile(join(sealed.dir, name), join(dir, `${TEMP_PREFIX}${name}`));
      await rename(join(dir, `${TEMP_PREFIX}${name}`), join(dir, name));
    });
  }
  return wanted;
}

/** Keys become folder names, so nothing else may pass. */
function parseKey(key: string): string {
  const parsed = ArtifactKey.safeParse(key);
  if (parsed.success) return parsed.data;
  throw new PenumbraError('ARTIFACT_NOT_FOUND', `"${key}" is not an artifact key; expected 32 hex digits`, {
    remedy: 'Take the key from the list of artifacts.',
  });
}

async function folderBytes(dir: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(dir).catch(() => [])) bytes += (await stat(join(dir, name)).catch(() => null))?.size ?? 0;
  return bytes;
}
