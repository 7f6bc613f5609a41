import type { CallOutput } from '#shared/contract/define.ts';
import type { getImage } from '#shared/contract/dataset.ts';
import { labelMapFile } from '../ml/stages/label-maps-io.ts';
import type { RunService } from '../runs/run-service.ts';

type Layer = CallOutput<typeof getImage>['layers'][number];

/** What sealed artifacts hold for one image, newest first. */
export function layersOf(runs: RunService, imageId: string): Layer[] {
  return (['label-maps', 'score-maps'] as const).flatMap((kind) => {
    const file = kind === 'label-maps' ? labelMapFile(imageId) : `${imageId}.npz`;
    return runs
      .listArtifacts({ kind })
      .artifacts.filter(({ manifest }) => manifest.files.some(({ name }) => name === file))
      .map(({ manifest }) => ({ artifact: manifest.key, kind, stage: manifest.stage, blob: `${manifest.key}.${imageId}` }));
  });
}
