import { join } from 'node:path';
import type { CallOutput } from '#shared/contract/define.ts';
import type { inspectDataset } from '#shared/contract/dataset.ts';
import { readClassesFile, VOC_CLASS_NAMES } from '../class-names.ts';
import { NameIndex } from '../name-index.ts';
import { ProblemLog } from '../problem-log.ts';
import { looksLikeTags, readTagTable } from '../tags/csv.ts';
import { PHOTOS, scanVoc } from './layout.ts';
import { readSplits } from './lists.ts';

/** Looks at a folder by names and lists; opens no photo and no mask. Throws as `scanVoc` and LIST_MALFORMED. */
export async function inspectVoc(root: string): Promise<CallOutput<typeof inspectDataset>> {
  const problems = new ProblemLog();
  const layout = await scanVoc(root, problems);
  const splits = await readSplits(layout, new NameIndex(layout.photos.keys(), PHOTOS), problems);
  const csvFiles: string[] = [];
  for (const file of layout.csvFiles) if (await looksLikeTags(join(layout.root, file))) csvFiles.push(file);
  const tagSources: ('csv' | 'xml' | 'masks')[] = [];
  if (csvFiles.length > 0) tagSources.push('csv');
  if (layout.hasAnnotations) tagSources.push('xml');
  if (layout.masks.size > 0) tagSources.push('masks');
  return {
    layout: 'voc',
    images: layout.photos.size,
    masks: layout.masks.size,
    splits: splits.counts.map(({ name, images }) => ({ name, images })),
    tagSources,
    csvFiles,
    classNames: await guessClasses(layout.root, csvFiles[0], layout.masks.size > 0 || layout.hasAnnotations, problems),
    problems: problems.all(),
  };
}

async function guessClasses(root: string, csvFile: string | undefined, likeVoc: boolean, problems: ProblemLog): Promise<string[] | null> {
  const listed = await readClassesFile(root, problems);
  if (listed !== null) return listed;
  if (csvFile !== undefined) {
    // What is wrong with the table is said when it is chosen for the import.
    const table = await readTagTable(root, csvFile, new ProblemLog()).catch(() => null);
    if (table !== null) return [...table.columns];
  }
  return likeVoc ? [...VOC_CLASS_NAMES] : null;
}
