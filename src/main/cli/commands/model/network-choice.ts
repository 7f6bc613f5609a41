import type { NetworkEntry } from '#main/ml/nn/networks/catalogue.ts';
import { UsageError } from '../../output.ts';

/** Above any published list (ImageNet's whole has 21,841). */
const MAX_CLASSES = 100_000;

/** The network that `--arch`, `--classes`, `--taps` and `--output-stride` ask for. */
export interface NetworkChoice {
  readonly name: string;
  readonly entry: NetworkEntry;
  readonly classes: number;
  readonly taps: readonly string[];
  /** Undefined: the reference's. */
  readonly outputStride: number | undefined;
}

/** What the options of a command say of a network. */
export interface NetworkOptions {
  readonly arch: string;
  readonly classes?: string;
  readonly taps?: string;
  readonly outputStride?: string;
}

/** @throws UsageError for a name that the catalogue has not, and a count that is none */
export async function networkChoice(options: NetworkOptions): Promise<NetworkChoice> {
  const { NETWORKS } = await import('#main/ml/nn/networks/catalogue.ts');
  const entry = NETWORKS.get(options.arch);
  if (entry === undefined) throw new UsageError(`there is no network "${options.arch}"`, 'penumbra model list names them all.');
  const classes = options.classes === undefined ? entry.classes : wholeNumber(options.classes);
  if (classes === null || classes < 1 || classes > MAX_CLASSES) throw new UsageError(`--classes: "${options.classes ?? ''}" is no count of outputs`, `Give a whole number from 1 to ${MAX_CLASSES}.`);
  const outputStride = options.outputStride === undefined ? undefined : wholeNumber(options.outputStride);
  if (outputStride === null) throw new UsageError(`--output-stride: "${options.outputStride ?? ''}" is no whole number`, 'Give 8, 16 or 32.');
  return { name: options.arch, entry, classes, outputStride, taps: listed(options.taps) };
}

/** Digits alone: Number() would take 0x10 and 1e1 as well. */
function wholeNumber(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** The names of an option such as `--taps a,b`. */
export function listed(names: string | undefined): string[] {
  return (names ?? '').split(',').filter((name) => name !== '');
}
