import { shallowRef, watch, type ShallowRef } from 'vue';
import { runs as contract } from '#shared/contract/index.ts';
import { call } from '../../api/client.ts';
import { useCoreEvent, useResync } from '../../composables/use-core-events.ts';
import { useLoading, type Loading } from '../../composables/use-loading.ts';
import { CurveBook } from './curves.ts';

const PAGE = 10_000;

interface RunCurves {
  /** A new value whenever points came in; null before the first are there. */
  readonly book: ShallowRef<{ readonly curvesOf: CurveBook['curvesOf'] } | null>;
  readonly loading: Pick<Loading<unknown>, 'error' | 'isFirst' | 'load'>;
}

/** The curves of a run, live. */
export function useRunCurves(runId: () => string): RunCurves {
  let current = new CurveBook();
  const book: RunCurves['book'] = shallowRef(null);
  let frame = 0;

  const { error, isFirst, load, value } = useLoading(async (signal) => {
    const own = new CurveBook();
    const id = runId();
    // Points that come in while the older ones are fetched go into the same book.
    current = own;
    for (let afterIndex = 0; ; ) {
      const { points, nextIndex } = await call(contract.runMetrics, { runId: id, afterIndex, limit: PAGE }, { signal });
      own.add(points);
      if (points.length < PAGE) break;
      afterIndex = nextIndex;
    }
    publish();
    return id;
  });

  function publish(): void {
    book.value = { curvesOf: (step) => current.curvesOf(step) };
  }
  useCoreEvent('runs.metric', (payload) => {
    if (payload.runId !== runId()) return;
    current.add(payload.points);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(publish);
  });
  useResync(() => void load());
  watch(
    runId,
    () => {
      book.value = null;
      value.value = null;
      void load();
    },
    { immediate: true },
  );
  return { book, loading: { error, isFirst, load } };
}
