import { duration } from './text.ts';

/** How far a piece of work is. `total` 0: not known yet. */
interface Amount {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly etaSeconds: number | null;
}

/** Where progress cannot be redrawn, a line is printed at most this often a piece of work. */
export const PLAIN_LINE_MS = 10_000;
const BAR_CELLS = 24;

/** "… classifier     ██████░░  25 % 30/120 steps  ETA 1:15", for a line that is redrawn. */
export function barLine(label: string, amount: Amount): string {
  const filled = amount.total === 0 ? 0 : Math.round((BAR_CELLS * amount.done) / amount.total);
  return `… ${label.padEnd(14)} ${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${amountText(amount)}`;
}

/** "  classifier  25 % 30/120 steps  ETA 1:15", for a line of its own. */
export function plainLine(label: string, amount: Amount): string {
  return `  ${label} ${amountText(amount)}`;
}

function amountText({ done, total, unit, etaSeconds }: Amount): string {
  const eta = etaSeconds === null ? '' : `  ETA ${duration(etaSeconds)}`;
  return total === 0 ? ` ${eta}` : `${`${Math.floor((100 * done) / total)} %`.padStart(5)} ${done}/${total} ${unit}${eta}`;
}
