import { FINAL_RUN_STATES, type RunSummary } from '#shared/domain/run.ts';
import { runs, system } from '#shared/contract/index.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { Client } from '../client/client.ts';
import type { ClientEvent } from '../client/events.ts';
import type { Connection } from './connect.ts';
import { EXIT_CANCELLED } from './exit-codes.ts';
import type { Output } from './output.ts';
import { RunProgress } from './run-progress.ts';

/**
 * Follows a run to its end and returns it. `afterEvent` is the newest event number before the run was queued.
 * When the core that serves it ends (another command hosted it), this process goes on with the next one or hosts it.
 * Ctrl-C asks the run to stop; a second one ends this process at once (a trainer whose core is gone ends itself).
 */
export async function followRun(connection: Connection, first: RunSummary, options: { output: Output; afterEvent: number }): Promise<RunSummary> {
  const { output } = options;
  const progress = new RunProgress(output);
  const onSignal = createCanceller(connection, first.id, output);
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let after = options.afterEvent;
  try {
    for (;;) {
      try {
        return await followOnce(connection.client, first.id, { output, progress, after });
      } catch (thrown) {
        if (!(thrown instanceof PenumbraError) || thrown.code !== 'SHUTTING_DOWN' || connection.hosted !== null) throw thrown;
        output.redraw('');
        output.remark('the core that had the project open has ended; going on without it');
        await connection.reconnect();
        after = (await connection.client.call(system.hello, {})).lastEvent;
      }
    }
  } finally {
    progress.finish();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** Follows on one core. Throws SHUTTING_DOWN when it goes. */
async function followOnce(client: Client, runId: string, shown: { output: Output; progress: RunProgress; after: number }): Promise<RunSummary> {
  const { output, progress } = shown;
  const stop = new AbortController();
  const take = (run: RunSummary): RunSummary | null => {
    progress.show(run);
    return FINAL_RUN_STATES.includes(run.state) ? run : null;
  };
  const ask = async (): Promise<RunSummary | null> => take(await client.call(runs.getRun, { runId }));
  try {
    // The run may have ended, or been reused whole, before the first event is read.
    let ended = await ask();
    const events = client.events({ after: shown.after, signal: stop.signal });
    while (ended === null) {
      const next = await events.next();
      if (next.done === true) return await client.call(runs.getRun, { runId });
      const event = next.value;
      if (event.name === 'system.resync') ended = await ask();
      else if (belongsTo(event, runId)) {
        output.event(event);
        ended = showEvent(event, { output, progress, take });
      }
    }
    return ended;
  } finally {
    stop.abort();
  }
}

type RunEvent = Extract<ClientEvent, { name: 'runs.changed' | 'runs.metric' | 'runs.logged' }>;

function belongsTo(event: ClientEvent, runId: string): event is RunEvent {
  if (event.name === 'runs.changed') return event.payload.id === runId;
  return (event.name === 'runs.metric' || event.name === 'runs.logged') && event.payload.runId === runId;
}

/** The run when the event says that it has ended. */
function showEvent(
  event: RunEvent,
  shown: { output: Output; progress: RunProgress; take: (run: RunSummary) => RunSummary | null },
): RunSummary | null {
  switch (event.name) {
    case 'runs.changed':
      return shown.take(event.payload);
    case 'runs.metric':
      for (const point of event.payload.points) shown.progress.figure(point.step, point.series, point.value);
      return null;
    case 'runs.logged':
      for (const line of event.payload.lines) {
        if (line.level !== 'warn' && line.level !== 'error') continue;
        shown.output.redraw('');
        shown.output.remark(`${line.level}: ${line.message}`);
      }
      return null;
  }
}

function createCanceller(connection: Connection, runId: string, output: Output): () => void {
  let asked = false;
  return () => {
    if (asked) process.exit(EXIT_CANCELLED);
    asked = true;
    output.redraw('');
    output.remark(`cancelling ${runId}; press Ctrl-C again to end at once`);
    connection.client.call(runs.cancelRun, { runId }).catch((thrown: unknown) => {
      output.fail(thrown);
      process.exit(EXIT_CANCELLED);
    });
  };
}
