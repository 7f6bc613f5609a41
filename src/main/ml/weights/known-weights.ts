import { readFileSync } from 'node:fs';
import * as z from 'zod';

const KnownWeights = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** Of the catalogue: those that they load into. */
  networks: z.array(z.string()).min(1),
  /** Parts of those that the file has not, as `penumbra model forward --allow-missing` takes them. */
  missing: z.array(z.string()).optional(),
  classes: z.int(),
  file: z.string(),
  /** Of the whole file, or as many digits as its publisher put in its name; null where none is known. */
  sha256: z.string().regex(/^[0-9a-f]{8,64}$/).nullable(),
  licence: z.string(),
  source: z.string(),
});
export type KnownWeights = z.infer<typeof KnownWeights>;

const MANIFEST = new URL('../../../../resources/known-weights.json', import.meta.url);

/** Public weights that people start from. Nothing here fetches them: they are imported from disk. */
export function knownWeights(): readonly KnownWeights[] {
  return z.strictObject({ format: z.literal(1), about: z.string(), weights: z.array(KnownWeights) }).parse(JSON.parse(readFileSync(MANIFEST, 'utf8'))).weights;
}

export interface KnownMatch {
  readonly weights: KnownWeights;
  /** hash: the contents are those published; name: the file is called so and no hash is known; differs: called so, with other contents. */
  readonly by: 'hash' | 'name' | 'differs';
}

/** Which of the known weights a file is. */
export function matchKnown(file: string, sha256: string, known: readonly KnownWeights[] = knownWeights()): KnownMatch | null {
  const byHash = known.find((item) => item.sha256 !== null && sha256.startsWith(item.sha256));
  if (byHash !== undefined) return { weights: byHash, by: 'hash' };
  const byName = known.find((item) => item.file === file);
  if (byName === undefined) return null;
  return { weights: byName, by: byName.sha256 === null ? 'name' : 'differs' };
}
