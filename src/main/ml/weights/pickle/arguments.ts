import { malformed } from '../malformed.ts';
import { describe, isKind, type PickleValue } from './values.ts';

/** A tuple or list of lengths. @throws PenumbraError WEIGHTS_MALFORMED */
export function counts(value: PickleValue | undefined, what: string, file: string): number[] {
  const items = isKind(value, 'tuple') ? value.items : Array.isArray(value) ? value : null;
  if (items === null) throw malformed(file, `the ${what} is ${describe(value)}; expected a tuple of integers`);
  return items.map((item) => count(item, what, file));
}

/** A length. @throws PenumbraError WEIGHTS_MALFORMED */
export function count(value: PickleValue | undefined, what: string, file: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw malformed(file, `the ${what} is ${describe(value)}; expected an integer of 0 to 2^53`, { found: describe(value) });
  }
  return value;
}
