import { NETWORKS, type NetworkEntry } from '#main/ml/nn/networks/catalogue.ts';
import type { ParityCase } from './reference-file.ts';

/**
 * What a residual branch ends in: its last norm, or in ResNet-38d its last convolutions. At full strength every block doubles what comes in, and a hundred of them make
 * of rounding what is to be measured, in PyTorch as well; trained networks add less in each block, too.
 */
const DAMPED = { names: String.raw`\.(?:bn3|increase\.bn|conv_branch2b[12])\.weight$`, by: 0.25 };

/**
 * Side of the photo for gradients. Transformers have no kinks, and patches of 16 pixels; wide layers, ReLU6, the largest of several scales and 269 layers
 * have many kinks.
 */
function gradientSidePx(name: string, { backbone }: NetworkEntry['table']): number {
  if (backbone.family === 'vit') return 224;
  return name.includes('269') || ['resnet38d', 'efficientnet-lite', 'resnet-caffe'].includes(backbone.family) ? 17 : 33;
}

/** What is compared of one network. */
export interface FullCase {
  /** Logits and taps, on a photo large enough that every dilation reads within it. */
  readonly forward: ParityCase;
  /**
   * Gradients, on a small one: of the millions of activations of large photos a few always lie within rounding of a kink of ReLU, so that gradients
   * there say nothing (tests/fixtures/parity/generate.py).
   */
  readonly gradients: ParityCase;
}

/** Every network of the catalogue as it is published. */
export function fullCases(): ReadonlyMap<string, FullCase> {
  return new Map([...NETWORKS].map(([name, entry]) => [name, casesOf(name, entry)]));
}

function casesOf(name: string, entry: NetworkEntry): FullCase {
  const { backbone, head } = entry.table;
  const forward = backbone.family === 'vit' ? 256 : head.kind.startsWith('deeplab') ? 321 : 225;
  return { forward: fullCase(`${name}-forward`, entry, forward, 'forward'), gradients: fullCase(name, entry, gradientSidePx(name, entry.table), 'eval') };
}

/** With moments of the batch rounding grows a hundredfold in fifty layers, in PyTorch as well; small networks show those. */
function fullCase(name: string, { table, classes }: NetworkEntry, size: number, mode: 'eval' | 'forward'): ParityCase {
  const { backbone, head, prefix, outputStride } = table;
  return {
    name,
    // What the reference never trains is compared all the same.
    table: { backbone, head, prefix, outputStride },
    classes,
    size: [size, size],
    batch: 1,
    modes: [mode],
    damped: DAMPED,
  };
}
