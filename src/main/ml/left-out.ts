import { statSync } from 'node:fs';
import * as z from 'zod';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import { PenumbraError, type ErrorCode } from '#shared/errors.ts';
import type { DatasetSnapshot, ImageRecord, StageContext } from './stage.ts';

/** Faults that lie in one image's files; they cost that image and no other. */
const IMAGE_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'FILE_MISSING',
  'IMAGE_UNREADABLE',
  'IMAGE_TRUNCATED',
  'IMAGE_TOO_LARGE',
  'IMAGE_UNSUPPORTED',
  'MASK_SIZE_MISMATCH',
  'MASK_UNKNOWN_COLOUR',
  'MASK_UNKNOWN_CLASS',
]);

/** True when the error is about the files of one image, so that the stage can go on with the others. */
export function isImageFault(error: unknown): error is PenumbraError {
  return error instanceof PenumbraError && IMAGE_FAULTS.has(error.code);
}

/** Says in the log that an image was left out, and why; notes it in the artifact, so that a later run tries it again. */
export function leaveOut(context: StageContext, image: ImageRecord, error: PenumbraError): void {
  context.output.leaveOut(image.id, photoState(image));
  context.report.log('warn', `${image.name}: left out. ${error.message} ${error.remedy}`);
}

/** In a manifest's summary: the ids of images whose files could not be read, each with the state of its photo then. */
const LeftOut = z.record(z.string(), z.string());
export const LEFT_OUT = 'imagesLeftOut';

/** Tells a photo that came back or was replaced from one that is as it was; reads nothing of it. */
function photoState(image: ImageRecord): string {
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
