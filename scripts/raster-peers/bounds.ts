interface Bound {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What each photo has to hold; what stands here without a bound is told, and held to none. Shares of 1 and differences of 0 are "identical". */
export const PARITY_BOUNDS = {
  'crf from labels, pixels within 1e-3': { atLeast: 0.999 },
  'largest difference of crf from labels': {},
  'crf from scores, pixels within 1e-3': { atLeast: 0.999 },
  'largest difference of crf from scores': {},
  'slic, pixels matched': { atLeast: 0.99 },
  'slic, adjusted Rand': { atLeast: 0.99 },
  'quickshift, pixels matched': { atLeast: 0.99 },
  'quickshift, adjusted Rand': { atLeast: 0.99 },
  'canny 100, 200': { atLeast: 0.999 },
  'canny 1, 50 after blur': { atLeast: 0.999 },
  'bicubic as Pillow': { atLeast: 1 },
  'largest difference of bilinear as OpenCV': { atMost: 0 },
  'largest difference of bilinear as OpenCV, enlarged': { atMost: 0 },
  'largest difference of walk': { atMost: 1e-5 },
  'largest difference of RETAB, stage 1': { atMost: 1e-5 },
  'largest difference of RETAB, stage 2': { atMost: 1e-5 },
  'run lengths there and back': { atLeast: 1 },
  'contour and box': { atLeast: 1 },
} as const satisfies Readonly<Record<string, Bound>>;

/** Of one photo: shares that agree, 1 being all; keys that begin with "largest" are differences. */
export type Agreement = Readonly<Record<keyof typeof PARITY_BOUNDS, number>>;

export interface Verdict {
  readonly key: string;
  /** The worst of all photos: the least share, the largest difference. */
  readonly worst: number;
  /** The bound as text; '' for none. */
  readonly bound: string;
  readonly held: boolean;
}

/** Each row over all photos. A number that is NaN or was not measured holds no bound; without photos nothing is held. */
export function judgeAgreements(agreements: readonly Agreement[]): Verdict[] {
  return Object.entries<Bound>(PARITY_BOUNDS).map(([key, { atLeast, atMost }]) => {
    const found = agreements.map((one) => one[key as keyof Agreement]);
    const worst = found.length === 0 ? NaN : key.startsWith('largest') ? Math.max(...found) : Math.min(...found);
    const held = (atLeast === undefined || worst >= atLeast) && (atMost === undefined || worst <= atMost) && !Number.isNaN(worst);
    return { key, worst, bound: atLeast !== undefined ? `≥ ${atLeast}` : atMost !== undefined ? `≤ ${atMost}` : '', held };
  });
}
