import { PenumbraError } from '#shared/errors.ts';
import type { HostTensors } from '../host-tensor.ts';
import type { Misfit, Wanted } from '../weights-fit.ts';

/** What a part is called whose parameters have many names. */
const HEAD = 'head';

/** The module of a parameter, such as `fc6` of `fc6.weight`. */
function moduleOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}

function isOf(part: string, { name, group }: Wanted): boolean {
  return part === HEAD ? group === 'head' : name.startsWith(`${part}.`);
}

/**
 * Which parameters a file may lack because the user named their part: `head`, or a module such as `fc6`. A part of which the file holds anything is not
 * among them, so that no file loads by halves.
 * @throws PenumbraError BAD_REQUEST for a part that the network has not
 */
export function allowedMissing(parts: readonly string[], parameters: readonly Wanted[], weights: HostTensors): (parameter: Wanted) => boolean {
  const unknown = parts.filter((part) => !parameters.some((parameter) => isOf(part, parameter)));
  if (unknown.length > 0) {
    const modules = [...new Set(parameters.map(({ name }) => moduleOf(name)))];
    throw new PenumbraError('BAD_REQUEST', `The network has no part named ${unknown.join(', ')} that could be missing.`, {
      remedy: `Name ${HEAD}, or modules such as ${modules.slice(0, 2).join(', ')}, … ${modules.slice(-2).join(', ')}.`,
      details: { unknown, modules },
    });
  }
  const absent = parts.filter((part) => !parameters.some((parameter) => isOf(part, parameter) && weights.has(parameter.name)));
  return (parameter) => absent.some((part) => isOf(part, parameter));
}

/** More than these are no part of a network that the rest fits. */
const MAX_SUGGESTED = 6;

/**
 * What to say of weights that do not fit: that all names fit behind a prefix, or, where nothing is wrong but that some are missing, how to do without.
 * Null where the file holds parts by halves, lacks too much, or has keys of another network.
 */
export function misfitRemedy(allowed: readonly string[], misfit: Misfit, parameters: readonly Wanted[], weights: HostTensors): string | null {
  const prefix = prefixOf(parameters, [...weights.keys()]);
  if (prefix !== null) return `Its names fit without "${prefix}": add --strip-prefix ${prefix.slice(0, -1)}`;
  const { misshaped, missing, unused } = misfit;
  if (misshaped.length + unused.length > 0) return null;
  const parts = [...new Set(missing.map(({ name, group }) => (group === HEAD ? HEAD : moduleOf(name))))];
  const modules = new Set([...weights.keys()].map(moduleOf));
  const isHalf = missing.some(({ name }) => modules.has(moduleOf(name)));
  if (isHalf || parts.length > MAX_SUGGESTED) return null;
  return `Where the rest is enough: penumbra model forward --allow-missing ${[...new Set([...allowed, ...parts])].join(',')}`;
}

/** What stands before the names of the whole backbone in a file, dot included, such as Lightning's `model.`; null where nothing does. */
export function prefixOf(parameters: readonly Wanted[], keys: readonly string[]): string | null {
  const backbone = parameters.filter(({ group }) => group !== HEAD).map(({ name }) => name);
  const [first] = backbone;
  if (first === undefined) return null;
  const known = new Set(keys);
  const prefixes = keys.filter((key) => key.endsWith(`.${first}`)).map((key) => key.slice(0, -first.length));
  return prefixes.find((prefix) => backbone.every((name) => known.has(prefix + name))) ?? null;
}
