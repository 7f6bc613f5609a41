import { PenumbraError } from '#shared/errors.ts';
import { hasLabelMap, readLabelMap } from '../ml/stages/label-maps-io.ts';
import type { ReadBase } from '../project/edits/edit-service.ts';
import type { Project } from '../project/project.ts';
import type { RunService } from '../runs/run-service.ts';

/** Label maps that corrections lie on, from the project's artifacts. Throws ARTIFACT_NOT_FOUND, ARTIFACT_DAMAGED. */
export function readBase(project: Project, runs: RunService): ReadBase {
  return async (artifactKey, imageId) => {
    const image = project.images.get(imageId);
    const artifact = await runs.artifacts.openFile(artifactKey);
    if (artifact.manifest.kind !== 'label-maps' || !hasLabelMap(artifact, imageId)) {
      throw new PenumbraError('ARTIFACT_NOT_FOUND', `artifact ${artifactKey} (${artifact.manifest.kind}) holds no label map of ${image.name}`, {
        remedy: 'Choose label maps that cover this image.',
        details: { key: artifactKey, imageId },
      });
    }
    return readLabelMap(artifact, image);
  };
}
