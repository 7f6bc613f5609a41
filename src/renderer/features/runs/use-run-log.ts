import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import { runs as contract } from '#shared/contract/index.ts';
import type { LogLine } from '#shared/domain/run.ts';
import { call } from '../../api/client.ts';
import { useCoreEvent, useResync } from '../../composables/use-core-events.ts';
import { useLoading, type Loading } from '../../composables/use-loading.ts';

const PAGE = 5000;
/** Lines that come in together are fetched together. */
const GATHER_MS = 250;

interface RunLog {
  readonly lines: ShallowRef<readonly LogLine[]>;
  readonly loading: Pick<Loading<unknown>, 'error' | 'isFirst' | 'load'>;
}

/** The log of a run, live. Lines are fetched by number, so that none comes twice or is missed. */
export function useRunLog(runId: () => string): RunLog {
  const lines = shallowRef<readonly LogLine[]>([]);
  let nextLine = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const { error, isFirst, load, value } = useLoading(async (signal) => {
    const id = runId();
    for (;;) {
      const page = await call(contract.runLog, { runId: id, afterLine: nextLine, limit: PAGE }, { signal });
      // Another run was chosen meanwhile: its own fetch holds.
      if (id !== runId() || signal.aborted) return id;
      if (page.lines.length > 0) lines.value = [...lines.value, ...page.lines];
      nextLine = page.nextLine;
      if (page.lines.length < PAGE) return id;
    }
  });

  useCoreEvent('runs.logged', (payload) => {
    if (payload.runId !== runId()) return;
    // Not put off by the next lines: a log that never rests is shown too.
    timer ??= setTimeout(() => {
      timer = undefined;
      void load();
    }, GATHER_MS);
  });
  onScopeDispose(() => clearTimeout(timer));
  useResync(() => void load());
  watch(
    runId,
    () => {
      lines.value = [];
      nextLine = 0;
      value.value = null;
      void load();
    },
    { immediate: true },
  );
  return { lines, loading: { error, isFirst, load } };
}
