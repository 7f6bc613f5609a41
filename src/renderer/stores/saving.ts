import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { strings } from '../strings/index.ts';
import { clockTime } from '../ui/format.ts';

/**
 * What the user made and is not on disk yet. Whoever saves counts here; the frame shows it, and leaving the window is guarded
 * while anything waits.
 */
export const useSaving = defineStore('saving', () => {
  const waiting = ref(0);
  const savedAt = ref<Date | null>(null);
  const finishers = new Set<() => void>();

  /** Calls `finish` when the window is about to be left: what is half done, such as a stroke, is to end and be saved. Returns the function that ends it. */
  function onLeaving(finish: () => void): () => void {
    finishers.add(finish);
    return () => finishers.delete(finish);
  }

  function finishForLeaving(): void {
    for (const finish of finishers) finish();
  }

  /** One more thing waits to be saved. */
  function begin(): void {
    waiting.value += 1;
  }

  /** It is on disk: call this only after the core has said so. */
  function landed(at: Date): void {
    waiting.value -= 1;
    savedAt.value = at;
  }

  /** It was given up, by the user's own choice. */
  function dropped(): void {
    waiting.value -= 1;
  }

  const text = computed(() => {
    if (waiting.value > 0) return strings.frame.waitingToSave(waiting.value);
    return savedAt.value === null ? '' : strings.frame.savedAt(clockTime(savedAt.value));
  });

  return { waiting, savedAt, text, begin, landed, dropped, onLeaving, finishForLeaving };
});
