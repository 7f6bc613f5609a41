import { ref, watch, type Ref } from 'vue';

/** Whether a thumbnail is shown: from the first moment at which the list is not flung past; once shown it stays. */
export function useWanted(isRushing: () => boolean): Ref<boolean> {
  const wanted = ref(!isRushing());
  const stop = watch(isRushing, (rushing) => {
    if (rushing) return;
    wanted.value = true;
    stop();
  });
  if (wanted.value) stop();
  return wanted;
}
