/** F opens Fix and T leaves the tagging mode, so neither stands for a class. */
const KEYS = '1234567890qweryuiopasdghjklzxcvbnm';

/** The key that toggles a class in the tagging mode; null for classes beyond the keyboard. `position` counts from 0 in the list of classes. */
export function classKey(position: number): string | null {
  return KEYS.at(position) ?? null;
}
