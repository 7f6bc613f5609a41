import * as z from 'zod';
import { ArtifactKey, RunId } from './ids.ts';

export const ArtifactKind = z.enum([
  'model', // model.safetensors + model.json
  'score-maps', // IMAGEID.npz: keys (int32 [K], 1-based class index), scores (float16 [K, ceil(H/4), ceil(W/4)])
  'label-maps', // IMAGEID.png: palette PNG at photo size
  'features',
  'clusters',
  'boundary-maps',
  'affinity-labels',
  'slices',
  'boxes',
  'metrics', // metrics.json, images.json
]);
export type ArtifactKind = z.infer<typeof ArtifactKind>;

/** manifest.json of a sealed artifact. Its presence under its final name is what makes an artifact exist. */
export const ArtifactManifest = z.strictObject({
  key: ArtifactKey,
  kind: ArtifactKind,
  stage: z.string().describe('stage id that made it, or "imported"'),
  stageVersion: z.int(),
  config: z.record(z.string(), z.json()),
  inputs: z.record(z.string(), ArtifactKey),
  sources: z.record(z.string(), z.string()).describe('fingerprints of what was read of the project'),
  seed: z.int(),
  versions: z.record(z.string(), z.string()).describe('penumbra, engine, backend'),
  createdAt: z.iso.datetime(),
  runId: RunId.nullable(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int(), sha256: z.string() })),
  summary: z.record(z.string(), z.json()).describe('small facts for lists: counts, best threshold, figures'),
});
export type ArtifactManifest = z.infer<typeof ArtifactManifest>;
