import { FINAL_RUN_STATES, type RunSummary } from '#shared/domain/run.ts';
import { runs } from '#shared/contract/index.ts';
import type { Client } from '../client/client.ts';
import { EXIT_CANCELLED } from './exit-codes.ts';
import type { Output } from './output.ts';
import { RunProgress } from './run-progress.ts';

/**
 * Follows a run to its end and returns it. `afterEvent` is the newest event number before the run was queued.
 * Ctrl-C asks the run to stop; a second one ends this process at once (a trainer whose core is gone ends itself).
 */
export async function followRun(client: Client, first: RunSummary, options: { output: Output; afterEvent: number }): Promise<RunSummary> {
  const { output } = options;
  const progress = new RunProgress(output);
  const stop = new AbortController();
  let run = first;
  const onSignal = createCanceller(client, run.id, output);
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const take = (next: RunSummary): boolean => {
    run = next;
    progress.show(run);
    return FINAL_RUN_STATES.includes(run.state);
  };
  try {
    // The run may have ended, or been reused whole, before the first event is read.
    if (take(await client.call(runs.getRun, { runId: run.id }))) return run;
    for await (const event of client.events({ after: options.afterEvent, signal: stop.signal })) {
      if (event.name === 'runs.changed' && event.payload.id === run.id) {
        output.event(event);
        if (take(event.payload)) return run;
      } else if (event.name === 'runs.metric' && event.payload.runId === run.id) {
        output.event(event);
        for (const point of event.payload.points) progress.figure(point.step, point.series, point.value);
      } else if (event.name === 'runs.logged' && event.payload.runId === run.id) {
        output.event(event);
        for (const line of event.payload.lines) {
          if (line.level === 'warn' || line.level === 'error') {
            output.redraw('');
            output.remark(`${line.level}: ${line.message}`);
          }
        }
      } else if (event.name === 'system.resync') {
        if (take(await client.call(runs.getRun, { runId: run.id }))) return run;
      }
    }
    return run;
  } finally {
    stop.abort();
    progress.finish();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function createCanceller(client: Client, runId: string, output: Output): () => void {
  let asked = false;
  return () => {
    if (asked) process.exit(EXIT_CANCELLED);
    asked = true;
    output.redraw('');
    output.remark(`cancelling ${runId}; press Ctrl-C again to end at once`);
    client.call(runs.cancelRun, { runId }).catch((thrown: unknown) => {
      output.fail(thrown);
      process.exit(EXIT_CANCELLED);
    });
  };
}
