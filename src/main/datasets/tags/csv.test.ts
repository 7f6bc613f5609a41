import { afterEach, describe, expect, it } from 'vitest';
import { emptyFolder, type VocFolder } from '../../../../tests/support/voc-folder.ts';
import { NameIndex } from '../name-index.ts';
import { ProblemLog } from '../problem-log.ts';
import { looksLikeTags, readTagTable, tagsFromTable } from './csv.ts';

const PHOTOS = ['a', 'b', 'sub/c', 'one/x', 'two/x', 'Zürich'];
const open: VocFolder[] = [];
afterEach(() => {
  for (const folder of open.splice(0)) folder.remove();
});

async function tags(content: string | Uint8Array, classNames: readonly string[] | null = null) {
  const folder = emptyFolder();
  open.push(folder);
  folder.write('labels.csv', content);
  const problems = new ProblemLog();
  const table = await readTagTable(folder.root, 'labels.csv', problems);
  const found = tagsFromTable(table, classNames ?? table.columns, new NameIndex(PHOTOS, 'JPEGImages'), problems);
  return { columns: table.columns, tags: Object.fromEntries(found), problems: problems.all() };
}

describe('tags from a CSV', () => {
  it('names with and without extension, folder and photo folder', async () => {
    const { columns, tags: found, problems } = await tags('filename,cat,dog\na.jpg,1,0\nb,0,0\nJPEGImages/sub/c.jpg,1,1\n');
    expect(columns).toEqual(['cat', 'dog']);
    expect(found).toEqual({ a: [1], b: [], 'sub/c': [1, 2] });
    expect(problems).toEqual([]);
  });

  it.each([
    ['UTF-8 with BOM and CRLF', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('filename,cat\r\nZürich.jpg,1\r\n')]), 0],
    ['Latin-1', Buffer.from('filename,cat\nZ\xfcrich.jpg,1\n', 'latin1'), 1],
    ['UTF-16 as spreadsheets write it', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('filename\tcat\nZürich.jpg\t1\n', 'utf16le')]), 0],
    ['semicolons and quotes', Buffer.from('"filename";"cat"\n"Zürich.jpg";"1"\n'), 0],
    ['numbers with decimals', Buffer.from('filename,cat\nZürich.jpg,1.0\n'), 0],
  ])('%s', async (_, content, warnings) => {
    const { tags: found, problems } = await tags(content);
    expect(found).toEqual({ Zürich: [1] });
    expect(problems).toHaveLength(warnings);
  });

  it('reports rows it cannot use, by line, and keeps the others', async () => {
    const { tags: found, problems } = await tags(['filename,cat,dog', 'a,1,0', 'none.jpg,1,0', 'x,1,0', '../b,1,1', 'b,yes,0', 'a,0,1', 'sub/c,1', '', 'one/x,0,1'].join('\n'));
    expect(found).toEqual({ a: [1], 'one/x': [2] });
    expect(problems.map(({ code, message }) => [code, /line (\d+)/.exec(message)?.[1]]).sort()).toEqual([
      ['DUPLICATE_NAME', '4'],
      ['PATH_OUTSIDE_ROOT', '5'],
      ['TAGS_MALFORMED', '6'],
      ['TAGS_MALFORMED', '7'],
      ['TAGS_MALFORMED', '8'],
      ['TAGS_UNKNOWN_IMAGE', '3'],
    ]);
  });

  it('matches columns to the classes by name, reports unknown and missing ones', async () => {
    const { tags: found, problems } = await tags('filename,dog,fish,width\na,1,1,640\nb,0,1,480\n', ['cat', 'dog']);
    expect(found).toEqual({ a: [2], b: [] });
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('"width"'),
      expect.stringContaining('"fish"'),
      expect.stringContaining('no column for the class "cat"'),
    ]);
  });

  it.each([
    ['an empty file', ''],
    ['one column', 'filename\na\n'],
    ['no rows', 'filename,cat\n'],
    ['a column twice', 'filename,cat,cat\na,1,0\n'],
    ['a column without a name', 'filename,cat,\na,1,0\n'],
    ['no column of 0 and 1', 'filename,cat\na,yes\nb,no\n'],
  ])('refuses %s', async (_, content) => {
    await expect(tags(content)).rejects.toMatchObject({ code: 'TAGS_MALFORMED', message: expect.stringContaining('labels.csv') as string });
  });

  it('refuses a file outside the dataset and one that is missing', async () => {
    const folder = emptyFolder();
    open.push(folder);
    await expect(readTagTable(folder.root, '../x.csv', new ProblemLog())).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
    await expect(readTagTable(folder.root, 'x.csv', new ProblemLog())).rejects.toMatchObject({ code: 'TAGS_MALFORMED' });
  });

  it('tells tag lists from other tables', async () => {
    const folder = emptyFolder();
    open.push(folder);
    expect(await looksLikeTags(folder.write('t.csv', 'filename,cat\na,1\n'))).toBe(true);
    expect(await looksLikeTags(folder.write('o.csv', 'photo,author\na,Ann\n'))).toBe(false);
    expect(await looksLikeTags(folder.write('e.csv', ''))).toBe(false);
  });
});
