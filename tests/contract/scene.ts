import path from 'node:path';
import { dataset, edits } from '#shared/contract/index.ts';
import { diffLabelMaps, encodeGesture } from '#shared/mask/tile-diff.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { decodeLabelPng } from '#main/images/palette-png.ts';
import type { Client } from '#main/client/client.ts';
import type { Core } from '#main/core.ts';
import { artifactOf, clientOf, importTiny, runTiny, startTestCore } from '../support/live-core.ts';
import type { Scene } from './call-samples.ts';
import { makeEmptyProject, type TinyProject } from '../support/tiny-project.ts';

export interface Stage {
  readonly project: TinyProject;
  readonly core: Core;
  readonly client: Client;
  readonly scene: Scene;
  /** Ends the core and removes the project. */
  strike(): Promise<void>;
}

/** A live core on an imported project with one finished run and no corrections yet. `prepare` may add to the dataset before. */
export async function setStage(options: { prepare?: (root: string) => Promise<void> } = {}): Promise<Stage> {
  const project = await makeEmptyProject();
  await options.prepare?.(project.root);
  const core = await startTestCore(project.dir);
  const client = clientOf(core);
  await importTiny(client, project.root);
  const run = await runTiny(client);
  const [image] = (await client.call(dataset.listImages, { filter: { nameContains: 'a1' } })).images;
  if (image === undefined) throw new Error('the tiny dataset has an image a1');
  const refinedKey = artifactOf(run, 'refined');
  const { revision } = await client.call(edits.getEditState, { imageId: image.id });
  const base = await correctedMap(client, image.id, refinedKey);
  return {
    project,
    core,
    client,
    scene: {
      root: project.root,
      imageId: image.id,
      revision,
      runId: run.id,
      refinedKey,
      gesture: gestureBetween(base, painted(base, 2, 5)),
      emptyDir: path.join(path.dirname(project.dir), 'exported'),
    },
    async strike() {
      await core.close('cancel');
      await project.remove();
    },
  };
}

export async function correctedMap(client: Client, imageId: string, base: string): Promise<LabelMap> {
  const { bytes } = await client.getBlob('corrected', `${imageId}.${base}`);
  return decodeLabelPng(bytes, 'corrected').map;
}

/** A copy with rows `row` and `row + 1` painted in `label`. */
export function painted(map: LabelMap, label: number, row: number): LabelMap {
  const data = map.data.slice();
  data.fill(label, row * map.width, (row + 2) * map.width);
  return { ...map, data };
}

/** The gesture that leads from one map to another, as `edits.commit` takes it. */
export function gestureBetween(before: LabelMap, after: LabelMap): string {
  return Buffer.from(encodeGesture(before, diffLabelMaps(before, after))).toString('base64');
}
