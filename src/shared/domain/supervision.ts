import * as z from 'zod';

/** What an algorithm may learn from. Masks outside the declaration are in the ground-truth vault. */
export const SupervisionKind = z.enum(['tags', 'masks', 'boxes', 'none']);
export type SupervisionKind = z.infer<typeof SupervisionKind>;

export const Split = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/).describe('split name, such as train or val');
export type Split = z.infer<typeof Split>;

/** One cell of the declaration: class × split. `classIndex` null means every class. */
export const SupervisionRule = z.strictObject({
  split: Split,
  classIndex: z.int().min(1).max(254).nullable(),
  kind: SupervisionKind,
});
export type SupervisionRule = z.infer<typeof SupervisionRule>;

/**
 * What a stage reads of the project. Each becomes part of the artifact key through a fingerprint.
 * `truth` is the vault: used for scores only, every use logged.
 * `masks` are masks inside the supervision declaration.
 */
export const SourceKind = z.enum(['photos', 'tags', 'masks', 'edits', 'truth']);
export type SourceKind = z.infer<typeof SourceKind>;
