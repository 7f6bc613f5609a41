import type { NetworkEntry } from '#main/ml/nn/networks/catalogue.ts';
import { UsageError } from '../../output.ts';

/** The network that `--arch`, `--classes` and `--taps` ask for. */
export interface NetworkChoice {
  readonly name: string;
  readonly entry: NetworkEntry;
  readonly classes: number;
  readonly taps: readonly string[];
}

/** @throws UsageError for a name that the catalogue has not, and a count that is none */
export async function networkChoice(options: { arch: string; classes?: string; taps?: string }): Promise<NetworkChoice> {
  const { NETWORKS } = await import('#main/ml/nn/networks/catalogue.ts');
  const entry = NETWORKS.get(options.arch);
  if (entry === undefined) throw new UsageError(`there is no network "${options.arch}"`, 'penumbra model list names them all.');
  const classes = options.classes === undefined ? entry.classes : Number(options.classes);
  if (!Number.isInteger(classes) || classes < 1) throw new UsageError(`--classes: "${options.classes ?? ''}" is no count`, 'Give a whole number from 1.');
  return { name: options.arch, entry, classes, taps: (options.taps ?? '').split(',').filter((name) => name !== '') };
}
