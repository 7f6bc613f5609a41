import { setTimeout as sleep } from 'node:timers/promises';
import { system } from '#shared/contract/index.ts';
import { PenumbraError } from '#shared/errors.ts';
import { createClient, type Client } from './client.ts';

/** How long a core may take to come up or to end while another process waits for it. */
const SETTLE_MS = 10_000;
const RETRY_MS = 100;

interface Attached {
  readonly client: Client;
  readonly socketPath: string;
}

/** Opens a core with `open`, or attaches to the one that has the project open already. Throws what `open` throws. */
export async function openOrAttach<T>(open: () => Promise<T>): Promise<{ readonly opened: T } | Attached> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      return { opened: await open() };
    } catch (thrown) {
      const live = await liveCore(thrown);
      if (live !== null) return live;
      // Held by a core that is just starting or just ending: soon it answers, or its lock is free.
      if (waitedMs >= SETTLE_MS) throw thrown;
      await sleep(RETRY_MS);
    }
  }
}

/** The core that `thrown` (PROJECT_LOCKED) speaks of; null when it does not answer yet or no more. Anything else is thrown on. */
async function liveCore(thrown: unknown): Promise<Attached | null> {
  if (!(thrown instanceof PenumbraError) || thrown.code !== 'PROJECT_LOCKED') throw thrown;
  const { socket } = thrown.details;
  if (typeof socket !== 'string') return null;
  const client = createClient({ socketPath: socket });
  try {
    await client.call(system.hello, {});
    return { client, socketPath: socket };
  } catch (refused) {
    if (refused instanceof PenumbraError && refused.code === 'SHUTTING_DOWN') return null;
    throw refused;
  }
}
