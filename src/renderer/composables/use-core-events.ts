import { onScopeDispose } from 'vue';
import type { CoreEvent } from '../api/event-stream.ts';
import { useConnection } from '../stores/connection.ts';

type Payloads = { [E in CoreEvent as E['name']]: E['payload'] };

/** Listens to events of one name for as long as the calling component or store lives. */
export function useCoreEvent<N extends CoreEvent['name']>(name: N, listener: (payload: Payloads[N]) => void): void {
  const end = useConnection().onEvent((event) => {
    if (event.name === name) listener(event.payload as unknown as Payloads[N]);
  });
  onScopeDispose(end, true);
}

/** Calls `fetchAgain` whenever events may have been missed. Does not call it at once. */
export function useResync(fetchAgain: () => void): void {
  onScopeDispose(useConnection().onResync(fetchAgain), true);
}
