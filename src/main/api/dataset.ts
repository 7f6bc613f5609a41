import type { ImageSummary } from '#shared/contract/dataset.ts';
import type { Project } from '../project/project.ts';
import type { RunService } from '../runs/run-service.ts';
import type { Publish } from './event-hub.ts';
import type { CallHandlers } from './handlers.ts';
import { createImporter } from './importer.ts';
import { layersOf } from './layers.ts';
import type { Pyramids } from './photos/pyramids.ts';

type Names =
  | 'dataset.inspect'
  | 'dataset.import'
  | 'dataset.cancelImport'
  | 'dataset.images'
  | 'dataset.facets'
  | 'dataset.imageIds'
  | 'dataset.image'
  | 'dataset.problems'
  | 'dataset.pyramid'
  | 'dataset.setTags'
  | 'dataset.changeTags'
  | 'dataset.classStats';

/** So that one event stays small enough to be read between two frames. */
const IMAGES_AN_EVENT = 500;

interface DatasetServices {
  readonly project: Project;
  readonly runs: RunService;
  readonly pyramids: Pyramids;
  /** Told of an import that is stored. */
  readonly imported: () => void;
  readonly publish: Publish;
}

export function datasetCalls(services: DatasetServices): Pick<CallHandlers, Names> {
  const { project, runs, pyramids, publish } = services;
  const importer = createImporter(services);
  const tellChanged = (images: readonly ImageSummary[]): void => {
    for (let at = 0; at < images.length; at += IMAGES_AN_EVENT) publish('dataset.imagesChanged', { images: images.slice(at, at + IMAGES_AN_EVENT) });
    publish('project.changed', {});
  };
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
    'dataset.facets': ({ filter }) => project.facets.count(filter),
    'dataset.imageIds': ({ filter }) => ({ ids: project.images.ids(filter) }),
    'dataset.problems': ({ limit }) => {
      const problems = project.problems.all();
      return { total: problems.length, problems: problems.slice(0, limit) };
    },
    'dataset.pyramid': ({ imageId }) => pyramids.state(imageId),
    'dataset.setTags': ({ imageId, tags }) => {
      project.setTags(imageId, tags);
      const image = project.images.summary(imageId);
      tellChanged([image]);
      return image;
    },
    'dataset.changeTags': ({ imageIds, ...change }) => {
      const images = project.changeTags(imageIds, change);
      tellChanged(images);
      return { images };
    },
    'dataset.classStats': () => project.facets.classStats(),
  };
}
