import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { useReplaceWhileHere } from './use-replace-while-here.ts';

/** A text in the address (`?name=`), so that Back and links keep it; `fallback` is what its absence means. Setting replaces, or adds to, the history. */
export function useQueryText(name: string, fallback: string, how: 'replace' | 'push' = 'replace'): WritableComputedRef<string> {
  const route = useRoute();
  const router = useRouter();
  const replaceWhileHere = useReplaceWhileHere();
  return computed({
    get: () => {
      const value = route.query[name];
      return typeof value === 'string' ? value : fallback;
    },
    set: (value) => {
      const to = { query: { ...route.query, [name]: value === fallback ? undefined : value } };
      if (how === 'push') void router.push(to);
      else replaceWhileHere(to);
    },
  });
}
