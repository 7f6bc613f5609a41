import fc from 'fast-check';
import { expect, it } from 'vitest';
import { folderName, inFolder, isAbsolute, nextFolder } from './target-path.ts';

it.each([
  ['/home/a', '/home/a/x'],
  ['/', '/x'],
  ['C:\\Users\\a', 'C:\\Users\\a\\x'],
  ['C:\\', 'C:\\x'],
])('x in %s', (dir, path) => expect(inFolder(dir, 'x')).toBe(path));

it.each([
  ['/o/out', '/o/out-2'],
  ['/o/out-2', '/o/out-3'],
  ['/o/out/', '/o/out-2'],
])('beside %s', (dir, path) => expect(nextFolder(dir)).toBe(path));

it('a project of any name gives a folder of one plain name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (project) => {
      const name = folderName(project, 'seeds');
      expect(name).toMatch(/^[\p{L}\p{N}._-]+$/u);
      expect(name).not.toMatch(/^[.-]/);
      expect(name.endsWith('seeds')).toBe(true);
    }),
  );
});

it.each([
  ['/a', true],
  ['C:\\a', true],
  ['\\\\server\\a', true],
  ['a/b', false],
  ['', false],
])('"%s" is a whole path: %s', (target, whole) => expect(isAbsolute(target)).toBe(whole));
