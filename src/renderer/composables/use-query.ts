import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';

/** A text in the address (`?name=`), so that Back and links keep it; `fallback` is what its absence means. Setting replaces, or adds to, the history. */
export function useQueryText(name: string, fallback: string, how: 'replace' | 'push' = 'replace'): WritableComputedRef<string> {
  const route = useRoute();
  const router = useRouter();
  return computed({
    get: () => {
      const value = route.query[name];
      return typeof value === 'string' ? value : fallback;
    },
    set: (value) => {
      void router[how]({ query: { ...route.query, [name]: value === fallback ? undefined : value } });
    },
  });
}
