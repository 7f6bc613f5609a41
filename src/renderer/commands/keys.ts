/**
 * Keys as people write them: `Mod+K`, `Shift+1`, `?`, `[`, `ArrowLeft`, `Space`, `Enter`. `Mod` is Ctrl, on a Mac Command.
 * A printable sign stands for itself whatever Shift it takes on this keyboard; letters are of no case.
 */
export interface KeyPress {
  readonly key: string;
  readonly code?: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

interface Parsed {
  readonly mod: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly key: string;
}

function parse(keys: string): Parsed {
  const parts = keys === '+' || keys.endsWith('++') ? [...keys.slice(0, -1).split('+').filter(Boolean), '+'] : keys.split('+');
  const names = parts.slice(0, -1);
  return { mod: names.includes('Mod'), alt: names.includes('Alt'), shift: names.includes('Shift'), key: normal(parts.at(-1) ?? '') };
}

function normal(key: string): string {
  if (key === ' ' || key === 'Space') return 'space';
  return key.toLowerCase();
}

const isLetterOrDigit = (key: string): boolean => /^[a-z0-9]$/.test(key);

/** Whether a key press is `keys`. */
export function matches(keys: string, press: KeyPress, isMac: boolean): boolean {
  const wanted = parse(keys);
  const mod = isMac ? press.metaKey : press.ctrlKey;
  const other = isMac ? press.ctrlKey : press.metaKey;
  if (other || mod !== wanted.mod || press.altKey !== wanted.alt) return false;
  const digit = /^Digit(\d)$/.exec(press.code ?? '')?.[1];
  // Shift+1 gives another sign on every keyboard, Alt+1 on some; the key itself is meant.
  if ((wanted.shift || wanted.alt) && digit !== undefined) return press.shiftKey === wanted.shift && digit === wanted.key;
  if (normal(press.key) !== wanted.key) return false;
  const isSign = wanted.key.length === 1 && !isLetterOrDigit(wanted.key);
  return isSign || press.shiftKey === wanted.shift;
}

const NAMES: Readonly<Record<string, string>> = {
  arrowleft: '←', arrowright: '→', arrowup: '↑', arrowdown: '↓', enter: '⏎', escape: 'Esc', space: 'Space', backspace: '⌫', delete: 'Del', pageup: 'PgUp', pagedown: 'PgDn',
};

/** The parts to show as key caps. */
export function keyCaps(keys: string, isMac: boolean): string[] {
  const { mod, alt, shift, key } = parse(keys);
  const name = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key.charAt(0).toUpperCase() + key.slice(1));
  return [...(mod ? [isMac ? '⌘' : 'Ctrl'] : []), ...(alt ? [isMac ? '⌥' : 'Alt'] : []), ...(shift ? [isMac ? '⇧' : 'Shift'] : []), name];
}

export const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);
