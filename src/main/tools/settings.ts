import * as z from 'zod';

/** Settings as they come from the command line: text. */
export const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
export const real = (least: number) => z.coerce.number().min(least);
export const yesNo = z.enum(['yes', 'no']).transform((text) => text === 'yes');

/** "x,y" in px. */
export const pixel = z
  .string()
  .regex(/^\d+,\d+$/, 'expected x,y in px')
  .transform((text) => {
    const [x = 0, y = 0] = text.split(',').map(Number);
    return { x, y };
  });
