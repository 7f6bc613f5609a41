import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { emptyFolder } from '../../../tests/support/voc-folder.ts';
import { toErrorValue } from '#shared/errors.ts';
import { checkRelative, resolveInside, resolveInsideSync } from './path-resolver.ts';

const outer = emptyFolder('penumbra-path-');
const root = join(outer.root, 'data');
outer.write('data/photos/a.jpg', 'a');
outer.write('secret.txt', 's');
outer.write('data-beside/b.jpg', 'b');
symlinkSync(join(outer.root, 'secret.txt'), join(root, 'photos', 'leak.jpg'));
symlinkSync(outer.root, join(root, 'up'));
symlinkSync('a.jpg', join(root, 'photos', 'inside.jpg'));
mkdirSync(join(root, 'empty'));
afterAll(() => outer.remove());

const CLIMBING = ['../secret.txt', 'photos/../../secret.txt', '/etc/passwd', '\\\\server\\share\\a.jpg', '//server/share/a.jpg', 'C:\\a.jpg', 'c:a.jpg', '..\\secret.txt', 'a\0.jpg', '..', '', 'photos/leak.jpg', 'up/secret.txt', 'up'];

async function codeOf(path: string): Promise<string> {
  const later = await resolveInside(root, path).then(() => 'none', (thrown: unknown) => toErrorValue(thrown).code);
  let now = 'none';
  try {
    resolveInsideSync(root, path);
  } catch (thrown) {
    now = toErrorValue(thrown).code;
  }
  expect(now).toBe(later);
  return later;
}

describe('path resolver', () => {
  it('finds files inside, links to files inside included', async () => {
    expect(await resolveInside(root, 'photos/a.jpg')).toBe(join(root, 'photos', 'a.jpg'));
    expect(await resolveInside(root, './photos//a.jpg')).toBe(join(root, 'photos', 'a.jpg'));
    expect(await resolveInside(root, 'photos\\a.jpg')).toBe(join(root, 'photos', 'a.jpg'));
    expect(await resolveInside(root, 'photos/inside.jpg')).toBe(join(root, 'photos', 'a.jpg'));
  });

  it.each(CLIMBING)('refuses %j', async (path) => {
    expect(await codeOf(path)).toBe('PATH_OUTSIDE_ROOT');
  });

  it('does not take a folder whose name begins alike for the root', async () => {
    symlinkSync(join(outer.root, 'data-beside', 'b.jpg'), join(root, 'alike.jpg'));
    expect(await codeOf('alike.jpg')).toBe('PATH_OUTSIDE_ROOT');
  });

  it('says that a file is missing', async () => {
    expect(await codeOf('photos/none.jpg')).toBe('FILE_MISSING');
  });

  it('never lets any text out of the root', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', '/', '\\', 'a', 'C:', '\0', '...', '.. '), fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom('/', '\\'), (parts, separator) => {
        let checked: string;
        try {
          checked = checkRelative(parts.join(separator));
        } catch {
          return;
        }
        expect(join('/root', checked).startsWith('/root')).toBe(true);
        expect(checked.split('/')).not.toContain('..');
      }),
    );
  });
});
