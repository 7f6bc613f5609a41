import { onScopeDispose, shallowRef, watch, type Ref } from 'vue';
import type { SegmentationScore } from '#shared/metrics/iou.ts';
import type { Size } from '#shared/raster/planes.ts';
import type { CountedMap } from '#renderer/canvas/mask/counted-map.ts';
import type { PreviewAnswer, PreviewJob, PreviewTruth } from './preview-worker.ts';
import type { ImageScores } from './threshold.ts';

type Unnumbered = PreviewJob extends infer J ? (J extends PreviewJob ? Omit<J, 'image'> : never) : never;

/**
 * Labels at the threshold, worked out in a worker: a photo of 12 Mpx takes longer than a frame. One cut is under way at a time, and the
 * next one is at the threshold as it is then. `failed` hears of a worker that cannot go on.
 */
export function usePreview(
  scores: Ref<ImageScores | null>,
  size: Ref<Size | null>,
  truth: Ref<PreviewTruth | null>,
  threshold: Ref<number>,
  failed: (message: string) => void,
) {
  const preview = shallowRef<CountedMap | null>(null);
  /** Against the truth, once it is open. */
  const score = shallowRef<SegmentationScore | null>(null);
  /** mIoU at each threshold; null when the image is too large for that, undefined while it is not known. */
  const curve = shallowRef<(number | null)[] | null | undefined>(undefined);
  let worker: Worker | null = null;
  let image = 0;
  let isCutting = false;
  let isCutDue = false;

  function post(job: Unnumbered): void {
    worker ??= start();
    worker.postMessage({ ...job, image });
  }

  /** What every cut stands on. */
  function load(): void {
    if (scores.value === null || size.value === null) return;
    post({ kind: 'scores', scores: scores.value, size: size.value });
    if (truth.value !== null) post({ kind: 'truth', truth: truth.value });
  }

  function start(): Worker {
    const started = new Worker(new URL('./preview-worker.ts', import.meta.url), { type: 'module' });
    started.addEventListener('message', ({ data }: MessageEvent<PreviewAnswer>) => take(data));
    started.addEventListener('error', (event) => {
      started.terminate();
      worker = null;
      isCutting = false;
      isCutDue = false;
      failed(event.message);
    });
    return started;
  }

  function take(answer: PreviewAnswer): void {
    if (answer.kind === 'cut') isCutting = false;
    if (answer.image === image) {
      if (answer.kind === 'curve') curve.value = answer.curve;
      else {
        preview.value = answer.map;
        score.value = answer.score;
      }
    }
    if (isCutDue) cut();
  }

  function cut(): void {
    isCutDue = isCutting;
    if (isCutting || scores.value === null || size.value === null) return;
    isCutting = true;
    if (worker === null) load();
    post({ kind: 'cut', threshold: threshold.value });
  }

  watch(
    [scores, size],
    () => {
      image += 1;
      preview.value = null;
      score.value = null;
      curve.value = undefined;
      load();
      cut();
    },
    { immediate: true },
  );
  watch(truth, (now) => {
    score.value = null;
    curve.value = undefined;
    if (scores.value === null || size.value === null) return;
    post({ kind: 'truth', truth: now });
    cut();
  });
  watch(threshold, cut);
  onScopeDispose(() => worker?.terminate());

  return { preview, score, curve };
}
