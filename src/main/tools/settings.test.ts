import { describe, expect, it } from 'vitest';
import { TOOLS } from './index.ts';
import { anyNumber, place, real, realWithin, share, whole } from './settings.ts';

const SETTINGS = TOOLS.flatMap((tool) => Object.keys(tool.settings.shape).map((key) => ({ tool, key })));
/** Takes any text but none at all. */
const isPlace = ({ tool, key }: (typeof SETTINGS)[number]): boolean => tool.settings.safeParse({ [key]: 'much' }).success;

describe('what a setting cannot be is refused in words of its own', () => {
  it.each(SETTINGS)('$tool.name --$key', ({ tool, key }) => {
    for (const text of isPlace({ tool, key }) ? ['', ' '] : ['', ' ', 'much', 'NaN', '1e999', '-1.5e400', '0.5.5']) {
      const { error } = tool.settings.safeParse({ [key]: text });
      expect(error?.issues[0]?.message, `${key} ${JSON.stringify(text)}`).toMatch(/^expected (?!\w+, received)(a |at least |one |x,y |yes |the name|\S+,? .*or )/);
    }
  });
});

describe('numbers as text', () => {
  it.each([
    ['whole', whole(0, 9), '9', 9],
    ['whole', whole(0, 9), '1e0', 1],
    ['real', real(0), ' 2.5 ', 2.5],
    ['realWithin', realWithin(0, 1), '1', 1],
    ['share', share, '0.5', 0.5],
    ['anyNumber', anyNumber, '-3', -3],
    ['place', place, 'a b.png', 'a b.png'],
  ])('%s takes them', (_, setting, text, value) => {
    expect(setting.parse(text)).toBe(value);
  });

  it.each([
    ['whole', whole(0, 9), ['10', '-1', '0.5'], 'expected a whole number from 0 to 9'],
    ['realWithin', realWithin(0, 1), ['1.1', '-0.1'], 'expected a number from 0 to 1'],
    ['share', share, ['0', '1'], 'expected a number between 0 and 1'],
    ['real', real(0), ['-1'], 'expected at least 0'],
  ])('%s has bounds', (_, setting, texts, message) => {
    for (const text of texts) expect(setting.safeParse(text).error?.issues[0]?.message).toBe(message);
  });
});
