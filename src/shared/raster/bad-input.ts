import { PenumbraError, type ErrorDetails } from '../errors.ts';

/** What a primitive throws for input that it cannot work on: `fact` names the thing, the value and what was expected. */
export function badInput(what: string, fact: string, remedy: string, details: ErrorDetails = {}): PenumbraError {
  return new PenumbraError('BAD_REQUEST', `${what}: ${fact}.`, { remedy, details });
}

/** Throws unless `value` is a finite number above 0. */
export function assertPositive(what: string, name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw badInput(what, `${name} is ${value}; expected a number above 0`, `Give ${name} a value above 0.`);
}

/** Throws unless `value` is a number from `least` to `most`. */
export function assertWithin(what: string, name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw badInput(what, `${name} is ${value}; expected a number from ${least} to ${most}`, `Give ${name} a value in that range.`);
}

/** Throws unless `value` is an integer from `least` to `most`. */
export function assertWhole(what: string, name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw badInput(what, `${name} is ${value}; expected an integer from ${least} to ${most}`, `Give ${name} a value in that range.`);
}

/** Throws unless `value` is one of `choices`, which the types promise and a caller in JavaScript or a message may break. */
export function assertOneOf(what: string, name: string, value: string | number, choices: readonly (string | number)[]): void {
  if (choices.includes(value)) return;
  const listed = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
  throw badInput(what, `${name} is ${typeof value === 'string' ? JSON.stringify(value) : value}; expected ${listed}`, `Give ${name} one of these.`);
}

/** Throws unless both sides are whole numbers from 0, for what has no array whose length would tell. */
export function assertSize(what: string, { width, height }: { readonly width: number; readonly height: number }): void {
  if (Number.isInteger(width) && Number.isInteger(height) && width >= 0 && height >= 0) return;
  throw badInput(what, `the size is ${width}×${height} px; expected whole numbers from 0`, 'Give the width and height of the picture.');
}

/** Throws unless `data` holds `channels` values for each pixel. */
export function assertLength(what: string, width: number, height: number, channels: number, length: number): void {
  const expected = width * height * channels;
  if (Number.isInteger(width) && Number.isInteger(height) && width >= 0 && height >= 0 && length === expected) return;
  const form = channels === 1 ? `${height}×${width}` : `${height}×${width}×${channels}`;
  throw badInput(what, `${length} values for ${form}; expected ${expected}`, 'Pass arrays of the size that the picture has.');
}
