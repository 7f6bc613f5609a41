import type { TagSource } from '#shared/contract/dataset.ts';
import { CLASSES_FILE, VOC_CLASS_NAMES, checkNames, readClassesFile } from '../class-names.ts';
import type { ProblemLog } from '../problem-log.ts';
import type { TagTable } from '../tags/csv.ts';

export interface ClassChoice {
  readonly names: readonly string[];
  /** The file the names come from, for messages. */
  readonly from: string;
}

/**
 * Which classes the dataset has: as given, else classes.txt, else the columns of the CSV, else the VOC names (with XML tags: the names that
 * occur in it, when they are not VOC's).
 */
export async function chooseClasses(
  root: string,
  options: { given: readonly string[] | undefined; tags: TagSource['kind']; table: TagTable | null; objectNames: ReadonlySet<string>; hasMasks: boolean },
  problems: ProblemLog,
): Promise<ClassChoice> {
  if (options.given !== undefined) return { names: checkNames(options.given, 'the list of classes given'), from: 'the list of classes given' };
  const listed = await readClassesFile(root, problems);
  if (listed !== null) return { names: listed, from: CLASSES_FILE };
  if (options.table !== null) return { names: checkNames(options.table.columns, options.table.file), from: options.table.file };
  const known = new Set<string>(VOC_CLASS_NAMES);
  if (options.objectNames.size > 0 && [...options.objectNames].some((name) => !known.has(name))) {
    const names = checkNames([...options.objectNames].sort(), 'Annotations');
    if (options.hasMasks) {
      problems.add({
        file: CLASSES_FILE,
        code: 'LIST_MALFORMED',
        message: `There is no ${CLASSES_FILE}; the object names of the annotations were taken in alphabetical order, which need not be the order of the mask values.`,
        remedy: `Write ${CLASSES_FILE} with one class name a line in the order of the mask values, and import again.`,
        effect: 'warning',
      });
    }
    return { names, from: 'Annotations' };
  }
  problems.add({
    file: CLASSES_FILE,
    code: 'LIST_MALFORMED',
    message: `There is no ${CLASSES_FILE}; the 20 class names of PASCAL VOC were taken.`,
    remedy: `Nothing to do for VOC. Otherwise write ${CLASSES_FILE} with one class name a line, and import again.`,
    effect: 'warning',
  });
  return { names: VOC_CLASS_NAMES, from: 'the VOC names' };
}
