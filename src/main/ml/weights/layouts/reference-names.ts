import { malformed } from '../malformed.ts';
import type { StoredTensor, WeightsFile } from '../weights-file.ts';
import { MXNET_RESNET38 } from './mxnet-resnet38.ts';
import { withoutParallelPrefix, withoutPrefix } from './prefixes.ts';
import type { SourceLayout } from './source-layout.ts';
import { TIMM_LITE } from './timm-lite.ts';
import { TORCHVISION_VGG16 } from './torchvision-vgg16.ts';

export const LAYOUTS: readonly SourceLayout[] = [MXNET_RESNET38, TORCHVISION_VGG16, TIMM_LITE];

export interface NamedFile extends WeightsFile {
  /** Whose names the file has; null where they are kept. */
  readonly layout: SourceLayout | null;
  /** Its tensors that the reference has not, and what they are; among `others` too. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/**
 * The file with its tensors under the names of a network's reference, when all of its keys are of one other layout; else as it is, without `module.`.
 * @param stripPrefix what else to take from its names first
 * @throws PenumbraError as `withoutParallelPrefix` and `withoutPrefix`
 */
export function withReferenceNames(opened: WeightsFile, file: string, stripPrefix?: string): NamedFile {
  const plain = withoutParallelPrefix(opened, file);
  const weights = stripPrefix === undefined ? plain : withoutPrefix(plain, stripPrefix, file);
  const keys = [...weights.tensors.keys()];
  for (const layout of keys.length === 0 ? [] : LAYOUTS) {
    const names = layout.names(keys);
    if (names === null) continue;
    const tensors = new Map<string, StoredTensor>();
    const leftOut = new Map<string, string>();
    for (const [key, tensor] of weights.tensors) {
      const named = names.get(key);
      if (named === undefined) continue;
      if ('leftOut' in named) leftOut.set(key, named.leftOut);
      else if (tensors.has(named.name)) throw malformed(file, `has two arrays for "${named.name}"`, { key: named.name });
      else tensors.set(named.name, tensor);
    }
    return { ...weights, tensors, others: new Map([...weights.others, ...leftOut]), layout, leftOut };
  }
  return { ...weights, layout: null, leftOut: new Map() };
}
