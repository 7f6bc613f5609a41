import { PenumbraError } from '#shared/errors.ts';
import type { HostTensor, HostTensors } from './host-tensor.ts';
import { referenceShape, type ParameterLayout } from './layout.ts';

/** What is asked of a file for one parameter. */
export interface Wanted {
  readonly name: string;
  /** In the engine's layout. */
  readonly shape: readonly number[];
  readonly layout: ParameterLayout;
  readonly group: 'backbone' | 'head';
}

/** All that keeps weights from fitting a network. */
export interface Misfit {
  readonly misshaped: readonly { key: string; expected: number[]; found: number[] }[];
  /** Parameters that the file lacks. */
  readonly missing: readonly Wanted[];
  /** Keys that no parameter has. */
  readonly unused: readonly string[];
}

export interface FitOptions {
  /** Shown in errors: where the tensors come from. */
  readonly source: string;
  /** Keys of the file that may have no parameter, and parameters that may be missing. Anything else is refused. */
  ignore?(name: string): boolean;
  /** Parameters that may be missing and then keep their values, because the user said so. */
  mayKeep?(parameter: Wanted): boolean;
  /** What else can be done. */
  readonly remedyOf?: (misfit: Misfit) => string | null;
}

export interface Fit<P extends Wanted> {
  readonly fitting: readonly (readonly [P, HostTensor])[];
  /** Parameters that the file lacks, and may. */
  readonly missing: readonly string[];
  /** Keys that no parameter has, and may. */
  readonly unused: readonly string[];
}

/**
 * Which tensor each parameter takes. Looks at names and shapes alone.
 * @throws PenumbraError WEIGHTS_MISMATCH listing every key that fits nothing, every parameter without a value and every wrong shape that `options` don't allow
 */
export function fitOf<P extends Wanted>(parameters: readonly P[], tensors: HostTensors, options: FitOptions): Fit<P> {
  const ignored = (name: string): boolean => options.ignore?.(name) ?? false;
  const misshaped: { key: string; expected: number[]; found: number[] }[] = [];
  const fitting: [P, HostTensor][] = [];
  const missing: P[] = [];
  for (const parameter of parameters) {
    const tensor = ignored(parameter.name) ? undefined : tensors.get(parameter.name);
    const expected = referenceShape(parameter.shape, parameter.layout);
    if (tensor === undefined) missing.push(parameter);
    else if (!sameShape(expected, tensor.shape)) misshaped.push({ key: parameter.name, expected: [...expected], found: [...tensor.shape] });
    else fitting.push([parameter, tensor]);
  }
  const names = new Set(parameters.map(({ name }) => name));
  const unused = [...tensors.keys()].filter((key) => !names.has(key));
  const misfit = {
    misshaped,
    missing: missing.filter((parameter) => !ignored(parameter.name) && options.mayKeep?.(parameter) !== true),
    unused: unused.filter((name) => !ignored(name)),
  };
  if (misfit.misshaped.length + misfit.missing.length + misfit.unused.length > 0) throw mismatch(options, misfit);
  return { fitting, missing: missing.map(({ name }) => name), unused };
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

const SHOWN = 5;

function shown(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return names.slice(0, SHOWN).join(', ') + more;
}

function mismatch({ source, remedyOf }: FitOptions, misfit: Misfit): PenumbraError {
  const { misshaped, unused } = misfit;
  const missing = misfit.missing.map(({ name }) => name);
  const parts: string[] = [];
  const shapes = misshaped.map(({ key, expected, found }) => `${key} is (${found.join(', ')}), expected (${expected.join(', ')})`);
  if (shapes.length > 0) parts.push(`shapes differ: ${shown(shapes)}`);
  if (missing.length > 0) parts.push(`missing: ${shown(missing)}`);
  if (unused.length > 0) parts.push(`not of this network: ${shown(unused)}`);
  const remedy = remedyOf?.(misfit) ?? null;
  return new PenumbraError('WEIGHTS_MISMATCH', `The weights in ${source} do not fit the network; ${parts.join('; ')}.`, {
    remedy: `Choose weights of the same architecture and number of classes.${remedy === null ? '' : ` ${remedy}`}`,
    details: { source, misshaped: misshaped.map((item) => ({ ...item })), missing, unused: [...unused] },
  });
}
