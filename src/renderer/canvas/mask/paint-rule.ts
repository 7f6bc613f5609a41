import { BACKGROUND, IGNORE } from '#shared/domain/classes.ts';

/**
 * Which pixels a gesture may change, whatever the tool:
 * - `everything`: all;
 * - `unlabelled`: those that no class has claimed, which are background (0) and undecided (255);
 * - `one-class`: those of one label alone.
 */
export type PaintMode = { readonly kind: 'everything' } | { readonly kind: 'unlabelled' } | { readonly kind: 'one-class'; readonly label: number };

/** What a gesture writes, and over what. */
export interface PaintRule {
  /** The label written: 0 background, 1..254 a class, 255 undecided. */
  readonly label: number;
  /** By label: 1 where a pixel of that label may be overwritten. */
  readonly overwritable: Uint8Array; // [256]
}

/** A locked label is never overwritten, in any mode. It may still be painted with. */
export function paintRule(label: number, mode: PaintMode, locked: ReadonlySet<number>): PaintRule {
  const overwritable = new Uint8Array(256);
  if (mode.kind === 'everything') overwritable.fill(1);
  else if (mode.kind === 'unlabelled') overwritable[BACKGROUND] = overwritable[IGNORE] = 1;
  else overwritable[mode.label] = 1;
  for (const one of locked) overwritable[one] = 0;
  return { label, overwritable };
}
