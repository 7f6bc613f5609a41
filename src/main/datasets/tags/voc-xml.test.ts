import { afterEach, describe, expect, it } from 'vitest';
import { emptyFolder, type VocFolder } from '../../../../tests/support/voc-folder.ts';
import { ProblemLog } from '../problem-log.ts';
import { readXmlTags, tagsFromNames } from './voc-xml.ts';

const open: VocFolder[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) folder.remove();
});

const ANNOTATION = `<?xml version="1.0"?>
<annotation><filename>a.jpg</filename>
  <object><name>dog</name><bndbox><xmin>1</xmin></bndbox><part><name>head</name></part></object>
  <object><name> cat </name></object>
  <object><name>dog</name></object>
</annotation>`;

async function read(files: Readonly<Record<string, string>>) {
  const folder = emptyFolder();
  open.push(folder);
  for (const [name, content] of Object.entries(files)) folder.write(`Annotations/${name}.xml`, content);
  const problems = new ProblemLog();
  const found = await readXmlTags(folder.root, Object.keys(files), problems);
  return { found: Object.fromEntries(found), problems: problems.all() };
}

describe('tags from VOC XML', () => {
  it('takes object/name, each once, and no part/name', async () => {
    expect(await read({ a: ANNOTATION, single: '<annotation><object><name>7</name></object></annotation>', none: '<annotation></annotation>' })).toEqual({
      found: { a: ['dog', 'cat'], single: ['7'], none: [] },
      problems: [],
    });
  });

  it.each([
    ['cut short', ANNOTATION.slice(0, 120)],
    ['no annotation', '<other/>'],
    ['an object without a name', '<annotation><object/></annotation>'],
    ['entities', '<!DOCTYPE a [<!ENTITY x "dog">]><annotation><object><name>&x;</name></object></annotation>'],
    ['nothing', ''],
  ])('refuses %s and keeps the others', async (_, content) => {
    const { found, problems } = await read({ good: ANNOTATION, bad: content });
    expect(found).toEqual({ good: ['dog', 'cat'] });
    expect(problems).toMatchObject([{ file: 'Annotations/bad.xml', code: 'TAGS_MALFORMED' }]);
  });

  it('reports a photo without an annotation', async () => {
    const folder = emptyFolder();
    open.push(folder);
    const problems = new ProblemLog();
    expect((await readXmlTags(folder.root, ['a'], problems)).size).toBe(0);
    expect(problems.all()).toMatchObject([{ file: 'Annotations/a.xml', code: 'FILE_MISSING' }]);
  });

  it('reports names that are no class once each', () => {
    const problems = new ProblemLog();
    const tags = tagsFromNames(new Map([['a', ['dog', 'fish']], ['b', ['fish', 'cat']]]), ['cat', 'dog'], problems);
    expect(Object.fromEntries(tags)).toEqual({ a: [2], b: [1] });
    expect(problems.all()).toMatchObject([{ message: expect.stringContaining('"fish", in 2 annotations') as string }]);
  });
});
