import * as z from 'zod';

/** Opaque ids. None of them holds a path, and none is guessed from one. */
export const ImageId = z.string().regex(/^im_[0-9a-z]{16}$/).describe('image id');
export const RunId = z.string().regex(/^run_[0-9a-z]{12}$/).describe('run id');
/** sha256 (first 32 hex digits) over stage version, config and input keys; see `ml/pipeline`. */
export const ArtifactKey = z.string().regex(/^[0-9a-f]{32}$/).describe('artifact key');
export type ImageId = z.infer<typeof ImageId>;
export type RunId = z.infer<typeof RunId>;
export type ArtifactKey = z.infer<typeof ArtifactKey>;
