import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { ArtifactKey } from '#shared/domain/ids.ts';

/** Everything an artifact's bytes depend on. Two runs that agree in all of it share the artifact. */
export interface KeyParts {
  readonly stage: string;
  readonly stageVersion: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** Input name to the key of the artifact it is. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Fingerprints of what is read of the project. */
  readonly sources: Readonly<Record<string, string>>;
  /** Null for stages that draw no random numbers. */
  readonly seed: number | null;
  /** Such as native-cpu: tensor engines differ in the last bits. Null for stages without tensors. */
  readonly backend: string | null;
}

/** Raised when the meaning of a key changes; artifacts of older keys are then simply not found. */
const KEY_FORMAT = 1;

/** First 32 hex digits of the sha256 over the canonical JSON of the parts. */
export function artifactKey(parts: KeyParts): ArtifactKey {
  return createHash('sha256')
    .update(canonicalJson({ format: KEY_FORMAT, ...parts }))
    .digest('hex')
    .slice(0, 32);
}

/**
 * Settings as a key has them. One that its stage got later (`keyedOffDefault` in its meta) is left out while it has its default, which by
 * promise changes no bit: so artifacts made before it was there are found again.
 */
export function keyedConfig(schema: z.ZodObject, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>;
  const isOld = ([name, value]: [string, unknown]): boolean => {
    const field = shape[name];
    return field?.meta()?.['keyedOffDefault'] !== true || canonicalJson(value) !== canonicalJson(field.parse(undefined));
  };
  return Object.fromEntries(Object.entries(config).filter(isOld));
}

/** JSON with object keys in code-point order, no white space, and undefined members left out. Refuses what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`canonical JSON: ${String(value)} is not a finite number`);
    return JSON.stringify(value); // -0 becomes 0
  }
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`canonical JSON: cannot write a ${typeof value}`);
}
