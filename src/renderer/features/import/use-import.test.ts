import { describe, expect, it } from 'vitest';
import { isFolderName, joinPath, namesOf, namesProblem } from './use-import.ts';

describe('class names as typed', () => {
  it('are lines, trimmed, without empty ones', () => {
    expect(namesOf(' cat \r\n\n dog')).toEqual(['cat', 'dog']);
  });
  it.each([
    [[], 'Name at least one class.'],
    [['a', 'b', 'a'], '“a” is named twice.'],
    [Array.from({ length: 255 }, (_, at) => String(at)), '255 classes; at most 254.'],
    [['a'], null],
  ])('%#: %s', (names, expected) => {
    expect(namesProblem(names)).toBe(expected);
  });
});

it.each([
  ['birds 2', true], [' ', false], ['a/b', false], ['..', false], ['a\u0007', false], ['x'.repeat(121), false], ['.hidden', true], ['a:b', false],
])('%j can be a folder: %s', (name, expected) => {
  expect(isFolderName(name)).toBe(expected);
});

it('joins as the platform writes paths', () => {
  expect(joinPath('/home/ann', 'p')).toBe('/home/ann/p');
  expect(joinPath('/', 'p')).toBe('/p');
  expect(joinPath('C:\\Users', 'p')).toBe('C:\\Users\\p');
});
