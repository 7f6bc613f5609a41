import * as z from 'zod';

/** Settings as they come from the command line: text. Messages go on after "--name is …; ". */
export const whole = (least: number, most: number) => {
  const { error } = wrong(`a whole number from ${least} to ${most}`);
  return z.preprocess(numberOf, z.number({ error }).int({ error }).min(least, { error }).max(most, { error }));
};
export const real = (least: number) => z.preprocess(numberOf, z.number(wrong(`a number from ${least}`)).min(least, wrong(`at least ${least}`)));
export const realWithin = (least: number, most: number) => {
  const { error } = wrong(`a number from ${least} to ${most}`);
  return z.preprocess(numberOf, z.number({ error }).min(least, { error }).max(most, { error }));
};
/** Greater than 0 and less than 1. */
export const share = z.preprocess(numberOf, z.number(wrong('a number between 0 and 1')).gt(0, wrong('a number between 0 and 1')).lt(1, wrong('a number between 0 and 1')));
export const anyNumber = z.preprocess(numberOf, z.number(wrong('a number')));
export const yesNo = z.enum(['yes', 'no'], wrong('yes or no')).transform((text) => text === 'yes');

/** One of these words. */
export const oneOf = <const Words extends readonly string[]>(words: Words) => z.enum(words, wrong(`${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`));

/** A file, or a folder of them. */
export const place = z.string().regex(/\S/, wrong('the name of a file'));

/** "x,y" in px. */
export const pixel = z
  .string()
  .regex(/^\d+,\d+$/, wrong('x,y in px, such as 120,80'))
  .transform((text) => {
    const [x = 0, y = 0] = text.split(',').map(Number);
    return { x, y };
  });

/** Text without a figure is no number: Number('') is 0. */
function numberOf(given: unknown): unknown {
  return typeof given === 'string' ? (given.trim() === '' ? Number.NaN : Number(given)) : given;
}

function wrong(expected: string): { error: string } {
  return { error: `expected ${expected}` };
}
