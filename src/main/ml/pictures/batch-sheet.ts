import { labelColours, type ClassInfo } from '#shared/domain/classes.ts';
import { fitLongSide } from '#shared/raster/resize/resize.ts';
import type { BatchItem } from '../data/batches.ts';
import type { StageContext } from '../stage.ts';
import { beside, contactSheet, labelPicture, photoPicture, type SheetCell } from './sheet.ts';

const LONG_SIDE_PX = 192;
const MOST = 16;

/**
 * Reports the first batch whose pixels it is given as the net is fed it: views after augmentation, with a dot for each tag, or with their
 * label maps beside them. Batches after that are passed over.
 */
export function firstBatchReporter(context: StageContext): (items: readonly BatchItem[]) => void {
  let isDone = false;
  return (items) => {
    if (isDone || items.every(({ sample }) => sample === null)) return;
    isDone = true;
    const { classes } = context.dataset;
    context.report.sample('first-batch', 'First batch as the net is fed it', () => {
      const cells = items.slice(0, MOST).flatMap((item) => batchCell(item, classes) ?? []);
      return contactSheet(cells, 4);
    });
  };
}

function batchCell({ image, sample }: BatchItem, classes: readonly ClassInfo[]): SheetCell | null {
  if (sample === null) return null;
  const size = fitLongSide(sample, LONG_SIDE_PX);
  const photo = photoPicture(sample, size);
  if (sample.labels !== null) {
    const map = { width: sample.width, height: sample.height, data: sample.labels };
    return { picture: beside(photo, labelPicture(map, size, labelColours(classes))), dots: [] };
  }
  return { picture: photo, dots: classes.filter(({ index }) => image.record.tags?.[index - 1] === 1).map(({ colour }) => colour) };
}
