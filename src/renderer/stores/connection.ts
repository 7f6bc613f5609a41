import { defineStore } from 'pinia';
import { ref } from 'vue';
import { system } from '#shared/contract/index.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { call, callsAreFor } from '../api/client.ts';
import { readEvents, type CoreEvent } from '../api/event-stream.ts';

/**
 * `connecting`: never answered yet. `live`: events flow. `away`: the core does not answer; tried again by itself.
 * `signed-out`: this browser holds no valid session. `upgraded`: the program is of another version than this page.
 */
export type ConnectionState = 'connecting' | 'live' | 'away' | 'signed-out' | 'upgraded';

type Listener = (event: CoreEvent) => void;

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4000;

/** The page's one connection to the core: who answers, whether events flow, and who listens to them. */
export const useConnection = defineStore('connection', () => {
  const state = ref<ConnectionState>('connecting');
  /** Why it is not live. */
  const error = ref<ErrorValue | null>(null);
  /** Id of the project that the core has open; null before the first answer. */
  const projectId = ref<string | null>(null);
  const listeners = new Set<Listener>();
  const resyncs = new Set<() => void>();
  let following: AbortController | null = null;

  /** Calls `listener` for each event; returns the function that ends it. */
  function onEvent(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Calls `fetchAgain` whenever events may have been missed: at each new connection and after a gap. */
  function onResync(fetchAgain: () => void): () => void {
    resyncs.add(fetchAgain);
    return () => resyncs.delete(fetchAgain);
  }

  /** Follows the core until `stop`, over its restarts and changes of project. */
  async function start(): Promise<void> {
    stop();
    const control = new AbortController();
    following = control;
    const isOver = (): boolean => control.signal.aborted;
    let retryMs = FIRST_RETRY_MS;
    while (!isOver()) {
      try {
        const hello = await call(system.hello, {}, { signal: control.signal, projectId: null });
        if (hello.version !== __APP_VERSION__) {
          state.value = 'upgraded';
          return;
        }
        projectId.value = hello.projectId;
        callsAreFor(hello.projectId);
        state.value = 'live';
        error.value = null;
        retryMs = FIRST_RETRY_MS;
        for (const fetchAgain of resyncs) fetchAgain();
        for await (const event of readEvents(hello.lastEvent, control.signal)) {
          if (event.name === 'system.resync') for (const fetchAgain of resyncs) fetchAgain();
          else for (const listener of listeners) listener(event);
        }
      } catch (thrown) {
        if (isOver()) return;
        error.value = toErrorValue(thrown);
        if (thrown instanceof PenumbraError && thrown.code === 'UNAUTHORIZED') {
          state.value = 'signed-out';
          return;
        }
      }
      if (isOver()) return;
      if (state.value === 'live') state.value = 'away';
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 1.6);
    }
  }

  function stop(): void {
    following?.abort();
    following = null;
  }

  return { state, error, projectId, onEvent, onResync, start, stop };
});
