import type { ScoredImage } from '#shared/domain/score.ts';
import type { Confusion } from '#shared/metrics/confusion.ts';
import type { ImageRecord } from '../stage.ts';

/** What of one image's confusion is not zero, row by row; 255 stands for the column of ignored predictions. */
export function scoredImage(image: ImageRecord, { labels, counts }: Confusion): ScoredImage {
  const cells: ScoredImage['cells'] = [];
  for (const [at, pixels] of counts.entries()) {
    if (pixels === 0) continue;
    const column = at % (labels + 1);
    cells.push([Math.floor(at / (labels + 1)), column === labels ? 255 : column, pixels]);
  }
  return { imageId: image.id, name: image.name, cells };
}
