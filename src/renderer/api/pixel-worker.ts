/// <reference lib="webworker" />
import type { PixelAnswer, PixelJob, ReadyPicture } from './pixel-jobs.ts';
import { readLabelPng, UnreadablePng } from './label-png.ts';

/** Pictures are kept at halving sizes as well, until no side is longer than this, px. */
const SMALLEST_SIDE_PX = 1024;

async function readyPicture(bytes: Uint8Array<ArrayBuffer>): Promise<ReadyPicture> {
  const picture = await createImageBitmap(new Blob([bytes]));
  const reduced: ImageBitmap[] = [];
  for (let from = picture; Math.max(from.width, from.height) > SMALLEST_SIDE_PX; from = reduced.at(-1) ?? picture) {
    // Bilinear at exactly half the size weighs four px alike, which is what halving asks for.
    reduced.push(await createImageBitmap(from, { resizeWidth: Math.ceil(from.width / 2), resizeHeight: Math.ceil(from.height / 2), resizeQuality: 'low' }));
  }
  return { picture, reduced };
}

async function work({ id, kind, bytes }: PixelJob): Promise<{ answer: PixelAnswer; transfer: Transferable[] }> {
  try {
    if (kind === 'labels') {
      const map = await readLabelPng(bytes);
      return { answer: { id, kind, map }, transfer: [map.data.buffer as ArrayBuffer] };
    }
    const ready = await readyPicture(bytes);
    return { answer: { id, kind, ready }, transfer: [ready.picture, ...ready.reduced] };
  } catch (thrown) {
    return { answer: { id, kind: 'unreadable', fact: thrown instanceof UnreadablePng ? thrown.message : String(thrown) }, transfer: [] };
  }
}

addEventListener('message', ({ data }: MessageEvent<PixelJob>) => {
  void work(data)
    .then(({ answer, transfer }) => postMessage(answer, { transfer }))
    // A rejection here reaches nobody, and whoever asked would wait for good.
    .catch((thrown: unknown) => postMessage({ id: data.id, kind: 'failed', fact: String(thrown) } satisfies PixelAnswer));
});
