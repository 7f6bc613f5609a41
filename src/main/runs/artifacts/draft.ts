import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PenumbraError } from '#shared/errors.ts';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import { faultPoint } from '#main/faults/faults.ts';
import type { ArtifactDraft } from '#main/ml/pipeline/host.ts';
import type { ArtifactReader, ArtifactWriter } from '#main/ml/stage.ts';
import { LEFT_OUT } from '#main/ml/left-out.ts';
import { syncFolder, writeAtomically, writeError } from './atomic.ts';
import { CheckpointFile } from './checkpoint.ts';
import { MANIFEST, openFolder, sha256OfFile } from './reader.ts';
import { forgetOwnership, releaseOwnership } from './owner.ts';

/** Plain names only: an artifact is one flat folder, and no name may lead out of it. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** An artifact in staging, owned by this process. */
export class DraftFolder implements ArtifactDraft {
  readonly writer: ArtifactWriter;
  readonly checkpoint: CheckpointFile;
  readonly finished: ArtifactReader | null;
  readonly #dir: string;
  readonly #sealedDir: string;
  readonly #runId: string;
  readonly #known = new Map<string, { bytes: number; sha256: string }>();
  readonly #names: Set<string>;
  #summary: ArtifactManifest['summary'] = {};

  readonly #leftOut: Record<string, string> = {};
  readonly #reopened: ArtifactReader | null;

  /** `reopened`: the sealed artifact that this one is to replace. `taken`: those of its files that lie in `dir` unchanged. */
  constructor(dir: string, sealedDir: string, runId: string, finished: ArtifactReader | null, reopened: ArtifactReader | null = null, taken: ArtifactManifest['files'] = []) {
    this.finished = finished;
    this.#reopened = reopened;
    for (const { name, ...facts } of taken) this.#known.set(name, facts);
    this.#dir = dir;
    this.#sealedDir = sealedDir;
    this.#runId = runId;
    this.checkpoint = new CheckpointFile(dir);
    this.#names = new Set(finished === null ? readdirSync(dir).filter((name) => FILE_NAME.test(name)) : []);
    this.writer = {
      key: basename(dir),
      dir,
      has: (name) => this.#names.has(name),
      write: (name, bytes) => this.#write(name, bytes),
      summarise: (facts) => {
        this.#summary = { ...this.#summary, ...facts };
      },
      leaveOut: (imageId, photo) => {
        this.#leftOut[imageId] = photo;
      },
    };
  }

  async #write(name: string, bytes: Uint8Array | string): Promise<void> {
    if (!FILE_NAME.test(name) || name === MANIFEST) {
      throw new PenumbraError(
        'WRITE_FAILED',
        `artifact file name "${name}" is not accepted; expected letters, digits, dot, hyphen and underscore`,
        {
          remedy: 'Name the file after the id of its image or its purpose.',
          details: { file: name },
        },
      );
    }
    await writeAtomically(join(this.#dir, name), bytes, 'artifact');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.#known.set(name, { bytes: typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.byteLength, sha256 });
    this.#names.add(name);
    faultPoint('artifact.written');
  }

  async seal(manifest: Omit<ArtifactManifest, 'files' | 'summary'>): Promise<ArtifactReader> {
    const files: ArtifactManifest['files'] = [];
    for (const name of [...this.#names].filter((item) => item !== MANIFEST).sort()) files.push({ name, ...(await this.#factsOf(name)) });
    const leftOut = Object.keys(this.#leftOut).length === 0 ? {} : { [LEFT_OUT]: this.#leftOut };
    const whole: ArtifactManifest = { ...manifest, files, summary: { ...this.#summary, ...leftOut } };
    if (this.#reopened !== null && isDeepStrictEqual([whole.files, whole.summary], [this.#reopened.manifest.files, this.#reopened.manifest.summary])) {
      await rm(this.#dir, { recursive: true, force: true });
      await forgetOwnership(dirname(this.#dir), basename(this.#dir));
      return this.#reopened;
    }
    faultPoint('seal.manifest');
    await writeAtomically(join(this.#dir, MANIFEST), `${JSON.stringify(whole, null, 2)}\n`, 'manifest');
    faultPoint('seal.complete');
    return finishSeal(this.#dir, this.#sealedDir);
  }

  async #factsOf(name: string): Promise<{ bytes: number; sha256: string }> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const path = join(this.#dir, name); // written by an earlier process, before it was stopped
    return { bytes: (await stat(path)).size, sha256: await sha256OfFile(path) };
  }

  async release(): Promise<void> {
    // On a full disk this fails; the dead owner's pid then says as much.
    await releaseOwnership(dirname(this.#dir), basename(this.#dir), this.#runId).catch(() => undefined);
  }
}

/**
 * Renames a complete staging folder (its manifest is written) into place. Also called for folders whose process
 * was killed between manifest and rename. The caller owns the key. An artifact that was reopened is replaced.
 */
export async function finishSeal(dir: string, sealedDir: string): Promise<ArtifactReader> {
  const key = basename(sealedDir);
  try {
    for (const name of await readdir(dir)) {
      if (name.startsWith('.')) await rm(join(dir, name), { force: true, recursive: true }); // checkpoints, temporary files
    }
    await syncFolder(dir);
    faultPoint('seal.rename');
    const replaced = await stat(sealedDir).then(() => join(dirname(sealedDir), 'damaged', key), () => null);
    if (replaced !== null) {
      await mkdir(dirname(replaced), { recursive: true });
      await rm(replaced, { recursive: true, force: true });
      await rename(sealedDir, replaced);
      faultPoint('seal.replace');
    }
    await rename(dir, sealedDir);
    await syncFolder(dirname(sealedDir));
    if (replaced !== null) await rm(replaced, { recursive: true, force: true });
    faultPoint('seal.done');
    await forgetOwnership(dirname(dir), key);
  } catch (error) {
    throw await writeError(error, join(dir, MANIFEST), null);
  }
  const sealed = await openFolder(sealedDir, key);
  if (sealed === null) throw new Error(`artifact ${key} is gone right after it was sealed`);
  return sealed;
}
