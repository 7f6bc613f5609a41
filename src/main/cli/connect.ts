import { setTimeout as sleep } from 'node:timers/promises';
import { system } from '#shared/contract/index.ts';
import { PenumbraError } from '#shared/errors.ts';
import { createClient, type Client } from '../client/client.ts';
import type { Core } from '../core.ts';
import { EXIT_CANCELLED } from './exit-codes.ts';

/** A command's way to a project. */
export interface Connection {
  readonly client: Client;
  /** Null when a core was there already and this command only attached to it. */
  readonly hosted: Core | null;
  /** After the core attached to has ended: attaches to its successor, or hosts one. The queue of runs goes on with it. */
  reconnect(): Promise<void>;
}

/** How long a core may take to come up or to end while another command waits for it. */
const SETTLE_MS = 10_000;
const RETRY_MS = 100;

/**
 * Attaches to the core that has the project open, or hosts one in this process.
 * Throws what opening a project throws.
 */
async function connect(dir: string): Promise<Connection> {
  // A command that only looks at a project must not turn into the training of what waits there.
  let way = await findWay(dir, { startQueued: false });
  return {
    get client() {
      return way.client;
    },
    get hosted() {
      return way.hosted;
    },
    async reconnect() {
      way = await findWay(dir, { startQueued: true });
    },
  };
}

async function findWay(dir: string, runs: { readonly startQueued: boolean }): Promise<Pick<Connection, 'client' | 'hosted'>> {
  // Loaded late: --help and usage errors must not wait for SQLite.
  const { startCore } = await import('../core.ts');
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      const core = await startCore(dir, { runs });
      return { client: createClient({ socketPath: core.socketPath }), hosted: core };
    } catch (thrown) {
      const client = liveClient(thrown);
      if (client !== null && (await answers(client))) return { client, hosted: null };
      // Held by a core that is just starting or just ending: soon it answers, or its lock is free.
      if (waitedMs >= SETTLE_MS) throw thrown;
      await sleep(RETRY_MS);
    }
  }
}

/** The client for the core that `thrown` (PROJECT_LOCKED) speaks of; null when it does not listen yet. Anything else is thrown on. */
function liveClient(thrown: unknown): Client | null {
  if (!(thrown instanceof PenumbraError) || thrown.code !== 'PROJECT_LOCKED') throw thrown;
  const { socket } = thrown.details;
  return typeof socket === 'string' ? createClient({ socketPath: socket }) : null;
}

async function answers(client: Client): Promise<boolean> {
  try {
    await client.call(system.hello, {});
    return true;
  } catch (thrown) {
    if (thrown instanceof PenumbraError && thrown.code === 'SHUTTING_DOWN') return false;
    throw thrown;
  }
}

/** Runs `work` on a connection and lets go of it, however `work` ends. */
export async function withConnection<T>(dir: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect(dir);
  const onSignal = (): void => {
    // Commands that have something to undo take the signal themselves; see `followRun`.
    if (process.listenerCount('SIGINT') > 1) return;
    void close(connection, 'cancel').finally(() => process.exit(EXIT_CANCELLED));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(connection);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    // Others may have attached and queued runs meanwhile; they are not cut off.
    await close(connection, 'wait');
  }
}

async function close(connection: Connection, runs: 'cancel' | 'wait'): Promise<void> {
  await connection.hosted?.close(runs);
}
