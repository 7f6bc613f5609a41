import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PenumbraError } from '#shared/errors.ts';
import { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { ArtifactReader } from '#main/ml/stage.ts';

export const MANIFEST = 'manifest.json';

/** A sealed artifact. A file that is missing or of another size is found when it is read. */
export class ArtifactFolder implements ArtifactReader {
  readonly key: string;
  readonly dir: string;
  readonly manifest: ArtifactManifest;
  readonly #bytesByName: ReadonlyMap<string, number>;

  constructor(dir: string, manifest: ArtifactManifest) {
    this.key = manifest.key;
    this.dir = dir;
    this.manifest = manifest;
    this.#bytesByName = new Map(manifest.files.map((file) => [file.name, file.bytes]));
  }

  has(name: string): boolean {
    return this.#bytesByName.has(name);
  }

  async read(name: string): Promise<Uint8Array> {
    const expected = this.#bytesByName.get(name);
    if (expected === undefined) {
      throw new PenumbraError('ARTIFACT_NOT_FOUND', `artifact ${this.key} (${this.manifest.stage}) has no file ${name}`, {
        remedy: 'Run the recipe again so that this file is made.',
        details: { key: this.key, file: name },
      });
    }
    let bytes: Buffer;
    try {
      bytes = await readFile(join(this.dir, name));
    } catch (error) {
      throw damaged(this.key, name, `cannot be read (${error instanceof Error ? error.message : String(error)})`, error);
    }
    if (bytes.length !== expected) throw damaged(this.key, name, `has ${String(bytes.length)} bytes; expected ${String(expected)}`);
    // A plain view: a Buffer's own methods (slice above all) differ from those of Uint8Array.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** Opens a folder that holds a manifest and checks that every file is there in its size; null when there is no manifest. */
export async function openFolder(dir: string, key: string): Promise<ArtifactFolder | null> {
  const folder = await openUnchecked(dir, key);
  await Promise.all(
    (folder?.manifest.files ?? []).map(async (file) => {
      const found = await stat(join(dir, file.name)).catch(() => null);
      if (found === null) throw damaged(key, file.name, 'is missing');
      if (found.size !== file.bytes) throw damaged(key, file.name, `has ${String(found.size)} bytes; expected ${String(file.bytes)}`);
    }),
  );
  return folder;
}

/** Like `openFolder`, for who reads one file of thousands: each file is checked when it is read. */
export async function openUnchecked(dir: string, key: string): Promise<ArtifactFolder | null> {
  let text: string;
  try {
    text = await readFile(join(dir, MANIFEST), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
  const manifest = parseManifest(text);
  if (manifest === null) throw damaged(key, MANIFEST, 'is not a manifest');
  if (manifest.key !== key) throw damaged(key, MANIFEST, `names key ${manifest.key}`);
  return new ArtifactFolder(dir, manifest);
}

/** Compares the sha256 of every file with the manifest; throws ARTIFACT_DAMAGED naming the first that differs. */
export async function verifyContents(artifact: ArtifactReader): Promise<void> {
  for (const file of artifact.manifest.files) {
    const found = await sha256OfFile(join(artifact.dir, file.name)).catch((error: unknown) => {
      throw damaged(artifact.key, file.name, 'cannot be read', error);
    });
    if (found !== file.sha256) throw damaged(artifact.key, file.name, `has sha256 ${found}; expected ${file.sha256}`);
  }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function parseManifest(text: string): ArtifactManifest | null {
  try {
    const parsed = ArtifactManifest.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function damaged(key: string, file: string, problem: string, cause?: unknown): PenumbraError {
  return new PenumbraError('ARTIFACT_DAMAGED', `artifact ${key}: ${file} ${problem}`, {
    remedy: 'Run the recipe again: a damaged artifact is set aside and made anew. An imported one has to be imported again.',
    details: { key, file, problem },
    cause,
  });
}
