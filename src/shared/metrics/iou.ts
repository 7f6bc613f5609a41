import type { Confusion } from './confusion.ts';

export interface LabelScore {
  /** TP / (truth + predicted − TP); null when the label occurs in neither. */
  readonly iou: number | null;
  readonly truthPixels: number;
  readonly predictedPixels: number;
}

export interface SegmentationScore {
  /**
   * Mean IoU over the labels that occur in truth or prediction, background included; null when nothing was counted.
   * Where every label occurs this is the usual VOC figure (methods/refine.md §0.5).
   */
  readonly miou: number | null;
  /** Share of counted pixels with the right label; null when nothing was counted. */
  readonly pixelAccuracy: number | null;
  readonly perLabel: readonly LabelScore[]; // [labels]
}

/** A predicted 255 is a miss of its truth label, and counts as no prediction. */
export function segmentationScore(confusion: Confusion): SegmentationScore {
  const { labels, counts } = confusion;
  const at = (row: number, column: number): number => counts[row * (labels + 1) + column] ?? 0;
  const perLabel: LabelScore[] = [];
  let right = 0;
  let all = 0;
  for (let label = 0; label < labels; label++) {
    let truthPixels = 0;
    let predictedPixels = 0;
    for (let column = 0; column <= labels; column++) truthPixels += at(label, column);
    for (let row = 0; row < labels; row++) predictedPixels += at(row, label);
    const hit = at(label, label);
    const union = truthPixels + predictedPixels - hit;
    perLabel.push({ iou: union === 0 ? null : hit / union, truthPixels, predictedPixels });
    right += hit;
    all += truthPixels;
  }
  const known = perLabel.map((score) => score.iou).filter((iou) => iou !== null);
  return {
    miou: known.length === 0 ? null : known.reduce((sum, iou) => sum + iou, 0) / known.length,
    pixelAccuracy: all === 0 ? null : right / all,
    perLabel,
  };
}
