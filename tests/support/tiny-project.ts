import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readDataset } from '#main/datasets/read-dataset.ts';
import { createProject } from '#main/project/open.ts';
import { makeTinyDataset } from './tiny-dataset.ts';

export interface TinyProject {
  readonly dir: string;
  /** Folder of the photos. */
  readonly photos: string;
  remove(): Promise<void>;
}

/** A project on disk with the six images of tiny-dataset.ts, imported as the program imports them. */
export async function makeTinyProject(): Promise<TinyProject> {
  const folder = await mkdtemp(path.join(tmpdir(), 'penumbra-tiny-'));
  const photos = await makeTinyDataset(path.join(folder, 'photos'));
  const dir = path.join(folder, 'project');
  const project = await createProject(dir, { name: 'tiny' });
  project.storeImport(await readDataset({ root: photos, tags: { kind: 'csv', file: 'labels.csv' }, classNames: undefined, signal: new AbortController().signal, onProgress: () => undefined }));
  project.close();
  return { dir, photos, remove: () => rm(folder, { recursive: true, force: true }) };
}
