import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { defineStage } from '../stage.ts';
import { eachImage } from './each-image.ts';
import { hasLabelMap, writeLabelMap } from './label-maps-io.ts';
import { splitName } from './settings.ts';

/** The masks that the supervision declaration grants, as label maps: what full supervision learns from. */
export const grantedMasks = defineStage({
  id: 'granted-masks',
  version: 1,
  title: 'Take the granted masks',
  config: z.strictObject({
    split: splitName('train', { title: 'Split', source: 'VOC lists' }),
  }),
  inputs: {},
  output: 'label-maps',
  reads: ['photos', 'masks'],
  usesTensors: false,
  async run(context, config) {
    const images = context.dataset.images.filter((image) => image.split === config.split && image.maskPath !== null);
    if (images.length === 0) {
      throw new PenumbraError('SPLIT_EMPTY', `No photo of split "${config.split}" has a mask inside the supervision.`, {
        remedy: 'Declare masks as supervision for this split, or run a recipe that learns from tags.',
        details: { split: config.split },
      });
    }
    await eachImage(context, images, {
      isDone: (image) => hasLabelMap(context.output, image.id),
      make: async (image) => {
        const path = image.maskPath ?? '';
        const map = await readLabelPng(path);
        if (map.width !== image.width || map.height !== image.height) {
          throw new PenumbraError(
            'MASK_SIZE_MISMATCH',
            `The mask ${path} is ${map.width} × ${map.height} px; its photo is ${image.width} × ${image.height} px.`,
            { remedy: 'Bring a mask of the photo’s size.', details: { file: path } },
          );
        }
        await writeLabelMap(context.output, image.id, map);
      },
    });
  },
});
