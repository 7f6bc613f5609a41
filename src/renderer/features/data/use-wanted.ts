import { ref, watch, type Ref } from 'vue';

/** Whether the thumbnail of image `id` is shown: from the first moment at which the list is not flung past; once shown it stays. */
export function useWanted(id: () => string, isRushing: () => boolean): Ref<boolean> {
  const wanted = ref(!isRushing());
  watch([id, isRushing], ([now, rushing], [before]) => {
    if (!rushing) wanted.value = true;
    else if (now !== before) wanted.value = false;
  });
  return wanted;
}
