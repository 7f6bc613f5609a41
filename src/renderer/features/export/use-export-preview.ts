import { watchDebounced } from '@vueuse/core';
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { exports as contract } from '#shared/contract/index.ts';
import type { CallOutput } from '#shared/contract/define.ts';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { call } from '../../api/client.ts';
import type { ExportRequest } from '../../stores/exports.ts';

const SETTLE_MS = 300;
type Preview = CallOutput<typeof contract.previewExport>;

/** What an export would write, asked whenever the request has changed and stands still, and anew when `occasion` changes. */
export function useExportPreview(request: () => ExportRequest | null, occasion: () => unknown): { preview: ShallowRef<Preview | null>; error: Ref<ErrorValue | null>; isLooking: Ref<boolean> } {
  const preview = shallowRef<Preview | null>(null);
  const error = ref<ErrorValue | null>(null);
  const isLooking = ref(false);
  let latest = 0;

  async function look(asked: ExportRequest | null): Promise<void> {
    const own = ++latest;
    const isStale = (): boolean => own !== latest;
    isLooking.value = asked !== null;
    if (asked === null) return;
    try {
      const answer = await call(contract.previewExport, asked);
      if (isStale()) return;
      preview.value = answer;
      error.value = null;
    } catch (thrown) {
      if (isStale()) return;
      preview.value = null;
      error.value = toErrorValue(thrown);
    }
    isLooking.value = false;
  }
  watchDebounced(() => JSON.stringify([request(), occasion()]), () => void look(request()), { debounce: SETTLE_MS, immediate: true });
  return { preview, error, isLooking };
}
