import * as z from 'zod';

/** Settings as they come from the command line: text. Messages go on after "--name: ". */
export const whole = (least: number, most: number) => z.coerce.number({ error: wrong(`a whole number from ${least} to ${most}`) }).int(wrong(`a whole number from ${least} to ${most}`)).min(least, wrong(`at least ${least}`)).max(most, wrong(`at most ${most}`));
export const real = (least: number) => z.coerce.number({ error: wrong(`a number from ${least}`) }).min(least, wrong(`at least ${least}`));
export const realWithin = (least: number, most: number) => real(least).max(most, wrong(`a number from ${least} to ${most}`));
export const yesNo = z.enum(['yes', 'no'], { error: wrong('yes or no') }).transform((text) => text === 'yes');

/** "x,y" in px. */
export const pixel = z
  .string()
  .regex(/^\d+,\d+$/, wrong('x,y in px, such as 120,80'))
  .transform((text) => {
    const [x = 0, y = 0] = text.split(',').map(Number);
    return { x, y };
  });

function wrong(expected: string): string {
  return `expected ${expected}`;
}
