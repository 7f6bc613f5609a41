import { onScopeDispose } from 'vue';
import { useRoute, useRouter, type RouteLocationRaw } from 'vue-router';

/**
 * A `router.replace` for a place to keep its own address current. Does nothing once the user is on the way elsewhere: a place that is
 * still being loaded would be given up for it.
 */
export function useReplaceWhileHere(): (to: RouteLocationRaw) => void {
  const router = useRouter();
  const here = useRoute().name;
  let isLeaving = false;
  onScopeDispose(
    router.beforeEach((to) => {
      isLeaving = to.name !== here;
    }),
  );
  onScopeDispose(
    router.afterEach((_to, _from, failure) => {
      if (failure !== undefined) isLeaving = false;
    }),
  );
  return (to) => {
    if (!isLeaving && router.currentRoute.value.name === here) void router.replace(to);
  };
}
