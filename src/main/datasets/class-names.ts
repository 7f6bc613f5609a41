import { MAX_CLASSES, vocColour, type ClassInfo } from '#shared/domain/classes.ts';
import { safeColours } from '#shared/domain/safe-palette.ts';
import { unstorableCharacter } from '#shared/domain/hostile-text.ts';
import { PenumbraError } from '#shared/errors.ts';
import { resolveInside } from '../images/path-resolver.ts';
import type { ProblemLog } from './problem-log.ts';
import { decodeText, latin1Warning, lines, readInside } from './text.ts';

export const CLASSES_FILE = 'classes.txt';
const MAX_NAME_LENGTH = 300;

/** The 20 classes of PASCAL VOC in the order of their mask values 1 to 20. */
export const VOC_CLASS_NAMES = [
  'aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow',
  'diningtable', 'dog', 'horse', 'motorbike', 'person', 'pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor',
] as const;

/** Names of classes.txt, one a line in the order of mask values; a first line "background" is dropped. Null when there is no such file. LIST_MALFORMED, FILE_MISSING when it cannot be read. */
export async function readClassesFile(root: string, problems: ProblemLog): Promise<string[] | null> {
  try {
    await resolveInside(root, CLASSES_FILE);
  } catch (thrown) {
    if (thrown instanceof PenumbraError && thrown.code === 'FILE_MISSING') return null;
    throw thrown;
  }
  const { text, latin1 } = decodeText(await readInside(root, CLASSES_FILE));
  if (latin1) problems.add(latin1Warning(CLASSES_FILE));
  const names = lines(text)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names[0]?.toLowerCase() === 'background') names.shift();
  return checkNames(names, CLASSES_FILE);
}

/** LIST_MALFORMED for no name, a name twice, a name too long or with control characters, or more than 254. */
export function checkNames(names: readonly string[], file: string): string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const long = names.find((name) => name.length > MAX_NAME_LENGTH);
  const unstorable = names.find((name) => unstorableCharacter(name) !== null);
  const fact =
    names.length === 0
      ? 'names no class; expected at least one'
      : names.length > MAX_CLASSES
        ? `names ${names.length} classes; expected at most ${MAX_CLASSES}`
        : twice !== undefined
          ? `names the class "${twice}" twice`
          : long !== undefined
            ? `holds a class name of ${long.length} characters; expected at most ${MAX_NAME_LENGTH}`
            : unstorable !== undefined
              ? `holds the class name ${JSON.stringify(unstorable)} with the control character ${unstorableCharacter(unstorable) ?? ''}`
              : null;
  if (fact === null) return [...names];
  throw new PenumbraError('LIST_MALFORMED', `${file} ${fact}.`, { remedy: 'Write one class name a line, in the order of the mask values 1, 2, 3 and so on.', details: { file } });
}

/**
 * Classes in colours that stay apart for any common colour vision, those of classes that occur together farthest. `tags`: the class
 * indices of each image. Masks are read and written in the colours of VOC all the same.
 */
export function toClasses(names: readonly string[], tags: Iterable<readonly number[]>): ClassInfo[] {
  const together = names.map(() => names.map(() => 0));
  for (const indices of tags) {
    for (const a of indices) {
      const row = together[a - 1];
      if (row !== undefined) for (const b of indices) if (a !== b) row[b - 1] = (row[b - 1] ?? 0) + 1;
    }
  }
  const colours = safeColours(names.length, together);
  return names.map((name, channel) => {
    const [red, green, blue] = colours[channel] ?? vocColour(channel + 1);
    return { index: channel + 1, name, colour: [red, green, blue] };
  });
}
