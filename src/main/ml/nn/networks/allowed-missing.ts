import { PenumbraError } from '#shared/errors.ts';
import type { HostTensors } from '../host-tensor.ts';
import type { Parameter } from '../param-store.ts';

/** What a part is called whose parameters have many names. */
const HEAD = 'head';

/** The module of a parameter, such as `fc6` of `fc6.weight`. */
function moduleOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}

function isOf(part: string, { name, group }: Parameter): boolean {
  return part === HEAD ? group === 'head' : name.startsWith(`${part}.`);
}

/**
 * Which parameters a file may lack because the user named their part: `head`, or a module such as `fc6`. A part of which the file holds anything is not
 * among them, so that no file loads by halves.
 * @throws PenumbraError BAD_REQUEST for a part that the network has not
 */
export function allowedMissing(parts: readonly string[], parameters: readonly Parameter[], weights: HostTensors): (parameter: Parameter) => boolean {
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

/** What to say of parameters that are missing where all else fits; null where the file holds parts by halves, or lacks too much. */
export function missingRemedy(allowed: readonly string[], missing: readonly Parameter[], weights: HostTensors): string | null {
  const parts = [...new Set(missing.map(({ name, group }) => (group === HEAD ? HEAD : moduleOf(name))))];
  const modules = new Set([...weights.keys()].map(moduleOf));
  const isHalf = missing.some(({ name }) => modules.has(moduleOf(name)));
  if (isHalf || parts.length > MAX_SUGGESTED) return null;
  return `Where the rest is enough: penumbra model forward --allow-missing ${[...new Set([...allowed, ...parts])].join(',')}`;
}
