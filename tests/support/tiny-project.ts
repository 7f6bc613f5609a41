import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readDataset } from '#main/datasets/read-dataset.ts';
import { createProject } from '#main/project/open.ts';
import { makeTinyDataset } from './tiny-dataset.ts';

/** A project in a folder of its own, beside the six generated images of tiny-dataset.ts. */
export interface TinyProject {
  readonly dir: string;
  /** Folder of the photos. */
  readonly root: string;
  remove(): Promise<void>;
}

/** Holds nothing yet. */
export function makeEmptyProject(): Promise<TinyProject> {
  return make(false);
}

/** Holds the images, imported as the program imports them. */
export function makeTinyProject(): Promise<TinyProject> {
  return make(true);
}

async function make(isFilled: boolean): Promise<TinyProject> {
  const folder = await mkdtemp(path.join(tmpdir(), 'penumbra-tiny-'));
  const root = await makeTinyDataset(path.join(folder, 'data'));
  const dir = path.join(folder, 'project');
  const project = await createProject(dir, { name: 'tiny' });
  if (isFilled) {
    const tags = { kind: 'csv', file: 'labels.csv' } as const;
    project.storeImport(await readDataset({ root, tags, classNames: undefined, signal: new AbortController().signal, onProgress: () => undefined }));
  }
  project.close();
  return { dir, root, remove: () => rm(folder, { recursive: true, force: true }) };
}
