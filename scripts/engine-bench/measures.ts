import { NETWORKS } from '#main/ml/nn/networks/catalogue.ts';
import type { NetworkTable } from '#main/ml/nn/networks/table.ts';

/** One thing that both sides do. Given to the workers as JSON. */
export interface Measure {
  readonly name: string;
  /**
   * train-segmenter: one step of SGD on cross-entropy, the auxiliary head at 0.5; train-classifier: on multi-label soft margin; forward: logits;
   * cams: class maps, rectified, summed over `scales` and mirrored on a quarter of the photo's size; attention: logits and all attention maps.
   */
  readonly work: 'train-segmenter' | 'train-classifier' | 'forward' | 'cams' | 'attention';
  readonly table: NetworkTable;
  readonly classes: number;
  readonly batch: number;
  /** [height, width] */
  readonly size: readonly [number, number];
  readonly scales: readonly number[];
}

/** What a measure may cost, as a multiple of PyTorch. */
export interface Bounds {
  readonly time: number;
  readonly memory?: number;
}

function of(network: string, parts: Omit<Measure, 'table' | 'scales'> & { scales?: readonly number[] }): Measure {
  const entry = NETWORKS.get(network);
  if (entry === undefined) throw new Error(`no network ${network}`);
  return { scales: [1], ...parts, table: entry.table };
}

const deepLab = { classes: 21, batch: 2, size: [321, 321] } as const;
const tagged = { classes: 20 } as const;

export const MEASURES: readonly { readonly measure: Measure; readonly bounds: Bounds }[] = [
  { measure: of('deeplabv3-resnet50', { ...deepLab, name: 'deeplab-train', work: 'train-segmenter' }), bounds: { time: 1, memory: 1.2 } },
  { measure: of('deeplabv3-resnet50', { ...deepLab, name: 'deeplab-forward', work: 'forward' }), bounds: { time: 1, memory: 1.2 } },
  {
    measure: of('resnet38d-cam', { ...tagged, name: 'resnet38d-cams', work: 'cams', batch: 1, size: [120, 160], scales: [1, 0.5, 1.5, 2] }),
    bounds: { time: 1 },
  },
  { measure: of('efficientnet-lite0', { ...tagged, name: 'lite0-train', work: 'train-classifier', batch: 16, size: [224, 224] }), bounds: { time: 1 } },
  { measure: of('deit-small', { name: 'deit-attention', work: 'attention', classes: 1000, batch: 4, size: [224, 224] }), bounds: { time: 1 } },
];
