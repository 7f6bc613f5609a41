import { PenumbraError } from '#shared/errors.ts';
import { readOnlyError } from '#main/project/sqlite-errors.ts';
import type { RunProject } from '../ports.ts';
import type { ArtifactShelf } from '../run-service.ts';
import { artifactBytes, reclaim } from './keep.ts';
import type { FileArtifactStore } from './store.ts';

/** The artifacts of a project as the API shows them: the index says which there are, the store opens them. */
export function artifactShelf(project: RunProject, store: FileArtifactStore): ArtifactShelf {
  return {
    list: ({ kind }) => ({ artifacts: project.artifacts.list({ kind }).map(({ manifest, pinned }) => ({ manifest, pinned, bytes: artifactBytes(manifest) })) }),
    pin: (key, pinned) => {
      if (project.readOnly) throw readOnlyError(project.dir);
      if (project.artifacts.pin(key, pinned)) return;
      throw new PenumbraError('ARTIFACT_NOT_FOUND', `there is no artifact ${key} in this project`, {
        remedy: 'Take the key from the list of artifacts.',
        details: { key },
      });
    },
    reclaim: async (dryRun) => {
      if (!dryRun && project.readOnly) throw readOnlyError(project.dir);
      return reclaim(project, store, dryRun);
    },
    open: (key) => store.require(key),
    openFile: (key) => store.requireUnchecked(key),
  };
}
