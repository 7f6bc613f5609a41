import { describe, expect, it } from 'vitest';
import { keyCaps, matches, type KeyPress } from './keys.ts';

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

describe('matches', () => {
  it.each([
    ['Mod+K', press('k', { ctrlKey: true }), true],
    ['Mod+K', press('k'), false],
    ['Mod+K', press('k', { metaKey: true }), false],
    ['b', press('b'), true],
    ['b', press('B', { shiftKey: true }), false],
    ['Shift+B', press('B', { shiftKey: true }), true],
    ['?', press('?', { shiftKey: true }), true],
    ['[', press('[', { ctrlKey: true }), false],
    ['1', press('1'), true],
    ['Shift+1', press('!', { shiftKey: true, code: 'Digit1' }), true],
    ['Shift+1', press('1', { code: 'Digit1' }), false],
    ['Space', press(' '), true],
    ['+', press('+', { shiftKey: true }), true],
    ['Mod++', press('+', { ctrlKey: true }), true],
    ['Alt+ArrowLeft', press('ArrowLeft', { altKey: true }), true],
  ])('%s by %o: %s', (keys, pressed, expected) => {
    expect(matches(keys, pressed, false)).toBe(expected);
  });

  it('takes Command for Mod on a Mac', () => {
    expect(matches('Mod+K', press('k', { metaKey: true }), true)).toBe(true);
    expect(matches('Mod+K', press('k', { ctrlKey: true }), true)).toBe(false);
  });
});

it('shows key caps as they are printed', () => {
  expect(keyCaps('Mod+Shift+K', false)).toEqual(['Ctrl', 'Shift', 'K']);
  expect(keyCaps('ArrowLeft', false)).toEqual(['←']);
  expect(keyCaps('Shift+PageUp', false)).toEqual(['Shift', 'PgUp']);
});
