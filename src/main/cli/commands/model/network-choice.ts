import type { NetworkEntry } from '#main/ml/nn/networks/catalogue.ts';
import { UsageError } from '../../output.ts';

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
  const classes = options.classes === undefined ? entry.classes : Number(options.classes);
  if (!Number.isInteger(classes) || classes < 1) throw new UsageError(`--classes: "${options.classes ?? ''}" is no count`, 'Give a whole number from 1.');
  const outputStride = options.outputStride === undefined ? undefined : Number(options.outputStride);
  if (outputStride !== undefined && !Number.isInteger(outputStride)) throw new UsageError(`--output-stride: "${options.outputStride ?? ''}" is no whole number`, 'Give 8, 16 or 32.');
  return { name: options.arch, entry, classes, outputStride, taps: listed(options.taps) };
}

/** The names of an option such as `--taps a,b`. */
export function listed(names: string | undefined): string[] {
  return (names ?? '').split(',').filter((name) => name !== '');
}
