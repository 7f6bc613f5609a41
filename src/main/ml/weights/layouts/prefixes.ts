import { PenumbraError } from '#shared/errors.ts';
import { malformed } from '../malformed.ts';
import type { StoredTensor, WeightsFile } from '../weights-file.ts';

/** What PyTorch's DataParallel puts before every name. */
const PARALLEL = 'module.';

/** The file with `module.` taken from its names. @throws PenumbraError WEIGHTS_MALFORMED when it holds a tensor with and without it */
export function withoutParallelPrefix<W extends WeightsFile>(weights: W, file: string): W {
  return { ...weights, tensors: stripped(weights, PARALLEL, file) };
}

/**
 * The file with a prefix taken from those of its names that have it, as the user asked.
 * @param prefix its last dot may be left out
 * @throws PenumbraError BAD_REQUEST when no name has it, WEIGHTS_MALFORMED when the file holds a tensor with and without it
 */
export function withoutPrefix<W extends WeightsFile>(weights: W, prefix: string, file: string): W {
  const dotted = prefix.endsWith('.') ? prefix : `${prefix}.`;
  if (![...weights.tensors.keys()].some((key) => key.startsWith(dotted))) {
    const [first = 'nothing'] = weights.tensors.keys();
    throw new PenumbraError('BAD_REQUEST', `No name in ${file} begins with "${dotted}"; the first is ${first}.`, {
      remedy: 'Leave out --strip-prefix, or give what the names begin with; "penumbra model inspect" lists them.',
      details: { file, found: first, expected: dotted },
    });
  }
  return { ...weights, tensors: stripped(weights, dotted, file) };
}

function stripped({ tensors }: WeightsFile, prefix: string, file: string): Map<string, StoredTensor> {
  const named = new Map<string, StoredTensor>();
  for (const [key, tensor] of tensors) {
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    if (named.has(name)) throw malformed(file, `holds "${name}" with and without "${prefix}"`, { key: name });
    named.set(name, tensor);
  }
  return named;
}
