import { setTimeout as sleep } from 'node:timers/promises';
import { system } from '#shared/contract/index.ts';
import type { Client } from '../client/client.ts';
import type { ClientEvent } from '../client/events.ts';

/** Events come on a stream of their own; the last of them are waited for no longer than this. */
const CATCH_UP_MS = 1000;

/** Hands `take` the events that come while `work` is under way, all of them when it succeeds. */
export async function watchWhile<T>(client: Client, take: (event: ClientEvent) => void, work: () => Promise<T>): Promise<T> {
  const { lastEvent: after } = await client.call(system.hello, {});
  const stop = new AbortController();
  let seen = after;
  const watching = (async () => {
    for await (const event of client.events({ after, signal: stop.signal })) {
      take(event);
      seen = event.number;
    }
  })();
  // The work tells what went wrong; a stream that broke adds nothing.
  const watched = watching.catch(() => undefined);
  try {
    const result = await work();
    const { lastEvent } = await client.call(system.hello, {});
    for (let waitedMs = 0; seen < lastEvent && waitedMs < CATCH_UP_MS; waitedMs += 10) await sleep(10);
    return result;
  } finally {
    stop.abort();
    await watched;
  }
}
