import * as z from 'zod';
import { decodeGesture } from '#shared/mask/tile-diff.ts';
import { applyOverlay, conflicts, editedPixels, foldGestures } from '#shared/mask/replay.ts';
import { defineStage } from '../stage.ts';
import { eachImage } from './each-image.ts';
import { hasLabelMap, labelMapFile, readLabelMap, writeLabelMap } from './label-maps-io.ts';

/**
 * Label maps with the corrections in force laid over them. Images without corrections pass unchanged.
 * A stage is not given the bases of the past, so a conflict that was settled by repainting on a newer base is still counted here.
 */
export const applyCorrections = defineStage({
  id: 'apply-corrections',
  version: 1,
  title: 'Apply corrections',
  config: z.object({}),
  inputs: { masks: { kind: 'label-maps', summary: 'label maps that were corrected, or made anew since' } },
  output: 'label-maps',
  reads: ['photos', 'edits'],
  usesTensors: false,
  async run(context, _config, { masks }) {
    const edits = new Map((await context.edits()).map((record) => [record.imageId, record.gestures]));
    const images = context.dataset.images.filter((image) => hasLabelMap(masks, image.id));
    const counts = { editedImages: 0, editedPixels: 0, conflictImages: 0, conflictPixels: 0 };
    await eachImage(context, images, {
      // Corrections are folded even for finished images: the summary counts them all.
      isDone: (image) => hasLabelMap(context.output, image.id) && !edits.has(image.id),
      make: async (image) => {
        const gestures = edits.get(image.id);
        if (gestures === undefined) {
          await context.output.write(labelMapFile(image.id), await masks.read(labelMapFile(image.id)));
          return;
        }
        const base = await readLabelMap(masks, image);
        const overlay = foldGestures(
          base,
          gestures.map((bytes) => decodeGesture(bytes, base)),
        );
        await writeLabelMap(context.output, image.id, applyOverlay(base, overlay));
        const clash = conflicts(base, overlay).pixels;
        counts.editedImages += 1;
        counts.editedPixels += editedPixels(overlay);
        counts.conflictPixels += clash;
        if (clash === 0) return;
        counts.conflictImages += 1;
        context.report.log('info', `${image.name}: ${clash} corrected pixels disagree with the new mask; the correction was kept.`);
      },
    });
    for (const imageId of edits.keys()) {
      if (images.some((image) => image.id === imageId)) continue;
      const name = context.dataset.images.find((image) => image.id === imageId)?.name ?? imageId;
      context.report.log('warn', `${name} has corrections but no label map to lay them on; it is left out.`);
    }
    context.output.summarise(counts);
  },
});
