import { statSync } from 'node:fs';
import * as z from 'zod';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { DatasetSnapshot, ImageRecord } from './stage.ts';

/** In a manifest's summary: the ids of images whose files could not be read, each with the state of its photo then. */
const LeftOut = z.record(z.string(), z.string());
export const LEFT_OUT = 'imagesLeftOut';

/** Tells a photo that came back or was replaced from one that is as it was; reads nothing of it. */
export function photoState(image: ImageRecord): string {
  const facts = statSync(image.photoPath, { throwIfNoEntry: false });
  return facts === undefined ? 'absent' : `${facts.size} ${facts.mtimeMs} ${facts.ctimeMs}`;
}

/** Ids of the images that a sealed artifact was to cover and does not, sorted. */
export function leftOutOf(manifest: ArtifactManifest): string[] {
  return Object.keys(statesIn(manifest)).sort();
}

/**
 * Whether making a sealed artifact again may bring in images that it left out. Trying is cheap where only the missing images are made; a
 * model would be trained from the beginning, so there a photo must have changed.
 */
export function deservesRetry(manifest: ArtifactManifest, dataset: DatasetSnapshot): boolean {
  const states = statesIn(manifest);
  if (manifest.kind !== 'model') return Object.keys(states).length > 0;
  return dataset.images.some((image) => states[image.id] !== undefined && states[image.id] !== photoState(image));
}

function statesIn(manifest: ArtifactManifest): z.infer<typeof LeftOut> {
  return LeftOut.safeParse(manifest.summary[LEFT_OUT]).data ?? {};
}
