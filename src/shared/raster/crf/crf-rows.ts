/** Which side of the filter is divided by its sum over all pixels: both by its root, one, or none. */
export type Normalisation = 'symmetric' | 'before' | 'after' | 'none';

/** Weight of the Potts penalty; or energies that the filtered Q of a label adds, one a label, or [L, L] of all labels to each. */
export type Compatibility = number | readonly number[] | readonly (readonly number[])[];

export interface KernelParameters {
  /** Standard deviation, or that of x and of y. */
  readonly sxyPx: number | readonly [number, number];
  readonly compat: Compatibility;
  /** Default symmetric, as everywhere in published code. */
  readonly normalisation?: Normalisation;
}

/**
 * Parameters of the dense CRF and the rows of methods/refine.md §0.4: what published code uses where.
 * Distances are px of the image that the CRF runs on.
 */
export interface CrfParameters {
  /** Mean-field iterations. */
  readonly iterations: number;
  /** Smoothness kernel exp(−½ |Δxy|² / sxyPx²); null leaves it out. */
  readonly gaussian: KernelParameters | null;
  /** Appearance kernel exp(−½ (|Δxy|² / sxyPx² + |Δrgb|² / srgb²)) on raw 0–255 RGB; null leaves it out. */
  readonly bilateral: (KernelParameters & { readonly srgb: number | readonly [number, number, number] }) | null;
}

export interface CrfRow extends CrfParameters {
  readonly use: string;
  readonly unary: 'labels' | 'scores';
  /** Trust in a label, gt_prob of the reference; used when the unary comes from labels. */
  readonly labelConfidence: number;
  readonly source: string;
}

const SMOOTH_3 = { sxyPx: 3, compat: 3 } as const;

export const CRF_ROWS = {
  irn: {
    use: 'affinity labels of IRN, Puzzle-CAM and SILOP',
    unary: 'labels',
    labelConfidence: 0.7,
    iterations: 10,
    gaussian: SMOOTH_3,
    bilateral: { sxyPx: 50, srgb: 5, compat: 10 },
    source: 'jiwoon-ahn/irn misc/imutils.py crf_inference_label',
  },
  psa: {
    use: 'la/ha labels of PSA and RETAB',
    unary: 'scores',
    labelConfidence: 0.7,
    iterations: 10,
    gaussian: SMOOTH_3,
    bilateral: { sxyPx: 80, srgb: 13, compat: 10 },
    source: 'jiwoon-ahn/psa tool/imutils.py crf_inference',
  },
  'puzzle-final': {
    use: 'final pseudo-labels of Puzzle-CAM and SILOP',
    unary: 'labels',
    labelConfidence: 0.7,
    iterations: 1,
    gaussian: SMOOTH_3,
    bilateral: { sxyPx: 50, srgb: 5, compat: 10 },
    source: 'shjo-april/PuzzleCAM tools/ai/demo_utils.py crf_inference_label',
  },
  'deeplab-test': {
    use: 'DeepLab test of Puzzle-CAM and SILOP',
    unary: 'scores',
    labelConfidence: 0.7,
    iterations: 10,
    gaussian: SMOOTH_3,
    bilateral: { sxyPx: 80, srgb: 13, compat: 10 },
    source: 'shjo-april/PuzzleCAM tools/ai/demo_utils.py crf_inference',
  },
  'resnet38-test': {
    use: 'ResNet-38 segmenter test of RETAB',
    unary: 'scores',
    labelConfidence: 0.7,
    iterations: 10,
    gaussian: SMOOTH_3,
    bilateral: { sxyPx: 83, srgb: 5, compat: 4 },
    source: 'peihan-miao/ResNet38-Semantic-Segmentation',
  },
  'retab-walk': {
    use: 'walk option of RETAB, off by default',
    unary: 'scores',
    labelConfidence: 0.7,
    iterations: 1,
    gaussian: SMOOTH_3,
    bilateral: { sxyPx: 80, srgb: 13, compat: 10 },
    source: 'bcmi/RETAB-Weak-Shot-Semantic-Segmentation',
  },
} as const satisfies Record<string, CrfRow>;

export type CrfRowName = keyof typeof CRF_ROWS;
export const CRF_ROW_NAMES = Object.keys(CRF_ROWS) as [CrfRowName, ...CrfRowName[]];
