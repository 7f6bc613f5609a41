import { expect, it } from 'vitest';
import { toCsv } from './csv.ts';

it('quotes what needs it, and lets no name become a formula', () => {
  expect(toCsv([['a', 'b,c', 'd"e', 'f\ng'], ['=1+1', '-x', '', '@y']])).toBe('a,"b,c","d""e","f\ng"\r\n\'=1+1,\'-x,,\'@y\r\n');
});
