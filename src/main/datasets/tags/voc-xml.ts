import { stat } from 'node:fs/promises';
import { XMLParser } from 'fast-xml-parser';
import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { resolveInside } from '../../images/path-resolver.ts';
import type { ProblemLog } from '../problem-log.ts';
import { decodeText, readInside } from '../text.ts';
import { ANNOTATIONS } from '../voc/layout.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const VocAnnotation = z.object({ annotation: z.union([z.object({ object: z.array(z.object({ name: z.string().trim().min(1) })).default([]) }), z.literal('')]) });

// Entities stay off: a few lines of them can grow to gigabytes.
const parser = new XMLParser({ ignoreAttributes: true, processEntities: false, parseTagValue: false, isArray: (name, path) => path === 'annotation.object' && name === 'object' });

/** Class names of object/name in Annotations/NAME.xml by photo name, each once. Photos without a readable file are reported and left out. */
export async function readXmlTags(root: string, photoNames: readonly string[], problems: ProblemLog): Promise<Map<string, string[]>> {
  const tags = new Map<string, string[]>();
  for (const name of photoNames) {
    const file = `${ANNOTATIONS}/${name}.xml`;
    try {
      tags.set(name, await readObjectNames(root, file));
    } catch (thrown) {
      if (!(thrown instanceof PenumbraError)) throw thrown;
      problems.add({ file, code: thrown.code, message: `${thrown.message} "${name}" has no tags.`, remedy: thrown.remedy, effect: 'warning' });
    }
  }
  return tags;
}

async function readObjectNames(root: string, file: string): Promise<string[]> {
  const path = await resolveInside(root, file);
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw malformed(file, `has ${size} bytes; expected at most ${MAX_BYTES}`);
  const { text } = decodeText(await readInside(root, file));
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw malformed(file, 'declares a document type, which annotations do not need');
  const parsed = VocAnnotation.safeParse(parseXml(file, text));
  if (!parsed.success) throw malformed(file, 'is not a VOC annotation with object/name');
  const { annotation } = parsed.data;
  return annotation === '' ? [] : [...new Set(annotation.object.map((object) => object.name))];
}

function parseXml(file: string, text: string): unknown {
  try {
    // Validation is moving to a package of its own; until this one drops it, one parser is enough.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    return parser.parse(text, true);
  } catch (thrown) {
    throw malformed(file, `is not well-formed: ${thrown instanceof Error ? thrown.message.replace(/\.$/, '') : String(thrown)}`);
  }
}

/** Class indices by photo name; names that are no class are reported once each. */
export function tagsFromNames(found: ReadonlyMap<string, readonly string[]>, classNames: readonly string[], problems: ProblemLog): Map<string, number[]> {
  const unknown = new Map<string, { count: number; example: string }>();
  const tags = new Map<string, number[]>();
  for (const [photo, names] of found) {
    const indices: number[] = [];
    for (const name of names) {
      const index = classNames.indexOf(name) + 1;
      if (index > 0) indices.push(index);
      else unknown.set(name, { count: (unknown.get(name)?.count ?? 0) + 1, example: unknown.get(name)?.example ?? photo });
    }
    tags.set(photo, indices.sort((a, b) => a - b));
  }
  for (const [name, { count, example }] of unknown) {
    problems.add({
      file: `${ANNOTATIONS}/${example}.xml`,
      code: 'TAGS_MALFORMED',
      message: `The object name "${name}", in ${count} annotations such as this one, is none of the classes; it was left out.`,
      remedy: 'Add the class to classes.txt and import again, if it is wanted.',
      effect: 'warning',
    });
  }
  return tags;
}

function malformed(file: string, fact: string): PenumbraError {
  return new PenumbraError('TAGS_MALFORMED', `${file} ${fact}.`, { remedy: 'Correct the file or give the tags in a CSV.', details: { file } });
}
