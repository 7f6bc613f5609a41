import { computed, ref, watch, type Ref } from 'vue';
import type { ReviewState } from '#shared/contract/edits.ts';
import type { Editor } from './use-editor.ts';

/** What deciding needs of the editor. */
type Decided = Pick<Editor, 'content' | 'isLoading' | 'isCatchingUp' | 'error' | 'review' | 'refuse'>;

/**
 * Accept, flag and skip. A decision pressed while the mask of the image shown is being brought up to date waits for that mask, visibly;
 * one on an image that is not here yet is refused, visibly: nobody has seen what it would be about.
 */
export function useDecisions(
  imageId: Ref<string | undefined>,
  editor: Decided,
  events: { decided(imageId: string): void; dropped(imageName: string): void },
) {
  const waiting = ref<{ readonly imageId: string; readonly imageName: string; readonly review: ReviewState } | null>(null);
  const isUnsettled = computed(() => editor.isLoading.value || editor.isCatchingUp.value);

  function decide(review: ReviewState): void {
    const id = imageId.value;
    if (id === undefined) return;
    const shown = editor.content.value?.image;
    if (shown?.id !== id) editor.refuse('not-loaded');
    else if (isUnsettled.value) waiting.value = { imageId: id, imageName: shown.name, review };
    else if (editor.review(review)) events.decided(id);
  }

  watch([isUnsettled, imageId], () => {
    const decision = waiting.value;
    if (decision === null) return;
    const isElsewhere = imageId.value !== decision.imageId;
    if (isUnsettled.value && !isElsewhere) return;
    waiting.value = null;
    if (isElsewhere) events.dropped(decision.imageName);
    else if (editor.error.value !== null) editor.refuse('not-loaded');
    else decide(decision.review);
  });

  return { decide, waiting: computed(() => waiting.value?.review ?? null) };
}
