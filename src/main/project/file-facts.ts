import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { FileFacts } from '#shared/domain/imported.ts';

/** The file's facts now; hashed only when size or time differ from what was known. Throws the file system's error. */
export async function currentFacts(path: string, known: FileFacts): Promise<FileFacts> {
  const { size, mtimeMs } = await stat(path);
  if (size === known.bytes && mtimeMs === known.mtimeMs) return known;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { bytes: size, mtimeMs, sha256: hash.digest('hex') };
}
