import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { Size } from '#shared/raster/planes.ts';
import type { TensorBackend } from '../backend/backend.ts';

/** Side of the squares that are brought to photo size at a time: scores of a whole large photo would not fit into memory. */
const BLOCK_PX = 1024;

/** The class with the largest score at each pixel of a photo, scores brought to its size bilinearly. scores [1, h, w, C]. */
export async function largestAt(backend: TensorBackend, scores: Tensor4D, { width, height }: Size, block = BLOCK_PX): Promise<LabelMap> {
  const { tf, ops } = backend;
  const data = new Uint8Array(width * height);
  for (let top = 0; top < height; top += block) {
    for (let left = 0; left < width; left += block) {
      const part = { top, left, height: Math.min(block, height - top), width: Math.min(block, width - left) };
      const best = tf.tidy(() => tf.argMax(ops.resizeBilinear(scores, [height, width], false, part), 3));
      const labels = await best.data<'int32'>();
      best.dispose();
      for (let y = 0; y < part.height; y += 1) data.set(labels.subarray(y * part.width, (y + 1) * part.width), (top + y) * width + left);
    }
  }
  return { width, height, data };
}
