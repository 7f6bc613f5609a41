import { malformed } from '../malformed.ts';
import { buildNumpyArray, buildNumpyType } from './numpy-objects.ts';
import { describe, isKind, type PickleValue } from './values.ts';

/** What BUILD does: fills NumPy's objects. Attributes of anything else, such as a state dict's `_metadata`, say nothing about numbers. */
export function build(target: PickleValue, state: PickleValue, file: string): void {
  if (!isKind(target, 'numpy array') && !isKind(target, 'numpy.dtype')) return;
  if (!isKind(state, 'tuple')) throw malformed(file, `sets ${describe(target)} to ${describe(state)}; expected a tuple`);
  if (target.kind === 'numpy array') buildNumpyArray(target, state.items, file);
  else buildNumpyType(target, state.items, file);
}
