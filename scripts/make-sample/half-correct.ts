import path from 'node:path';
import type { Client } from '../../src/main/client/client.ts';
import { decodeLabelPng, readLabelPng } from '../../src/main/images/palette-png.ts';
import { dataset, edits } from '../../src/shared/contract/index.ts';
import { IGNORE } from '../../src/shared/domain/classes.ts';
import type { LabelMap } from '../../src/shared/mask/label-map.ts';
import { diffLabelMaps, encodeGesture, type TileDiff } from '../../src/shared/mask/tile-diff.ts';

/**
 * Corrects the left half of one photo's refined mask, as someone would who was called away: one gesture for each row of
 * tiles. The right pixels come from the sample's own mask, which a demonstration may show and no run learns from unasked.
 */
export async function halfCorrect(client: Client, base: string, sample: string): Promise<{ image: string; gestures: number; pixels: number }> {
  const { images } = await client.call(dataset.listImages, { filter: { split: 'train' }, limit: 1000 });
  let chosen: { id: string; name: string; diffs: TileDiff[]; map: LabelMap; pixels: number } | null = null;
  for (const { id, name } of images) {
    const { map } = decodeLabelPng((await client.getBlob('corrected', `${id}.${base}`)).bytes, name);
    const truth = await readLabelPng(path.join(sample, 'SegmentationClass', `${name}.png`));
    const diffs = diffLabelMaps(map, leftHalfFrom(map, truth));
    const pixels = diffs.reduce((sum, { before, after }) => sum + before.filter((value, index) => value !== after[index]).length, 0);
    if (pixels > (chosen?.pixels ?? 0)) chosen = { id, name, diffs, map, pixels };
  }
  if (chosen === null) throw new Error('no refined mask of the sample differs from the truth');
  const rows = [...new Set(chosen.diffs.map(({ ty }) => ty))];
  for (const [index, row] of rows.entries()) {
    await client.call(edits.commitGesture, {
      imageId: chosen.id,
      base,
      expectedRevision: index,
      tool: 'brush',
      diff: Buffer.from(encodeGesture(chosen.map, chosen.diffs.filter(({ ty }) => ty === row))).toString('base64'),
      clientGestureId: `make-sample-${index}`,
    });
  }
  return { image: chosen.name, gestures: rows.length, pixels: chosen.pixels };
}

function leftHalfFrom(map: LabelMap, truth: LabelMap): LabelMap {
  const data = map.data.slice();
  for (let y = 0; y < map.height; y++) {
    for (let x = 0; x < map.width / 2; x++) {
      const label = truth.data[y * map.width + x] ?? IGNORE;
      // Nobody paints "undecided": those pixels keep what the network said.
      if (label !== IGNORE) data[y * map.width + x] = label;
    }
  }
  return { ...map, data };
}
