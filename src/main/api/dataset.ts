import type { Project } from '../project/project.ts';
import type { RunService } from '../runs/run-service.ts';
import type { Publish } from './event-hub.ts';
import type { CallHandlers } from './handlers.ts';
import { createImporter } from './importer.ts';
import { layersOf } from './layers.ts';

type Names = 'dataset.inspect' | 'dataset.import' | 'dataset.cancelImport' | 'dataset.images' | 'dataset.image' | 'dataset.setTags';

export function datasetCalls(services: { project: Project; runs: RunService; publish: Publish }): Pick<CallHandlers, Names> {
  const { project, runs, publish } = services;
  const importer = createImporter(services);
  return {
    'dataset.inspect': ({ root }) => importer.inspect(root),
    'dataset.import': (request) => importer.start(request),
    'dataset.cancelImport': () => ({ cancelled: importer.cancel() }),
    'dataset.images': ({ filter, offset, limit }) => project.images.list(filter, offset, limit),
    'dataset.image': async ({ imageId }) => ({
      image: project.images.summary(imageId),
      photo: await project.photoState(imageId),
      layers: await layersOf(runs, imageId),
    }),
    'dataset.setTags': ({ imageId, tags }) => {
      project.setTags(imageId, tags);
      publish('project.changed', {});
      return project.images.summary(imageId);
    },
  };
}
