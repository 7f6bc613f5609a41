import { createClient, type Client } from '../client/client.ts';
import { openOrAttach } from '../client/open-or-attach.ts';
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
  const way = await openOrAttach(() => startCore(dir, { runs }));
  return 'opened' in way ? { client: createClient({ socketPath: way.opened.socketPath }), hosted: way.opened } : { client: way.client, hosted: null };
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
