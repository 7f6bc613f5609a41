import type { CallOutput } from '#shared/contract/define.ts';
import type { inspectDataset } from '#shared/contract/dataset.ts';
import type { ImportedDataset } from '#shared/domain/imported.ts';
import { inspectVoc } from './voc/inspect.ts';
import { readVoc, type ImportProgress, type ReadVocOptions } from './voc/read.ts';

export type ReadDatasetOptions = ReadVocOptions;
export type { ImportProgress };

/** Says what a folder holds, without opening photos or masks. One layout so far; others become folders beside voc/. */
export function inspectFolder(root: string): Promise<CallOutput<typeof inspectDataset>> {
  return inspectVoc(root);
}

/** Reads a folder to be stored by `Project.storeImport`. See `readVoc` for errors. */
export function readDataset(options: ReadDatasetOptions): Promise<ImportedDataset> {
  return readVoc(options);
}
