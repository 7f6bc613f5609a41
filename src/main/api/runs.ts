import type { RunService } from '../runs/run-service.ts';
import type { CallHandlers } from './handlers.ts';

type Names =
  | 'recipes.list'
  | 'runs.check'
  | 'runs.start'
  | 'runs.list'
  | 'runs.get'
  | 'runs.cancel'
  | 'runs.resume'
  | 'runs.queue'
  | 'runs.move'
  | 'runs.samples'
  | 'runs.metrics'
  | 'runs.log'
  | 'artifacts.list'
  | 'artifacts.pin'
  | 'artifacts.reclaim'
  | 'scores.start'
  | 'scores.get'
  | 'scores.cell';

/** Runs, artifacts and scores: the run service speaks the contract's own types. */
export function runCalls(runs: RunService): Pick<CallHandlers, Names> {
  return {
    'recipes.list': async () => ({ recipes: await runs.recipes() }),
    'runs.check': (request) => runs.check(request),
    'runs.start': (request) => runs.start(request),
    'runs.list': (query) => runs.list(query),
    'runs.get': ({ runId }) => runs.get(runId),
    'runs.cancel': ({ runId }) => runs.cancel(runId),
    'runs.resume': ({ runId }) => runs.resume(runId),
    'runs.queue': () => ({ queue: runs.queued() }),
    'runs.move': ({ runId, before }) => ({ queue: runs.move(runId, before) }),
    'runs.samples': ({ runId }) => runs.samples(runId),
    'runs.metrics': (query) => runs.metrics(query),
    'runs.log': (query) => runs.log(query),
    'artifacts.list': (query) => runs.artifacts.list(query),
    'artifacts.pin': ({ key, pinned }) => {
      runs.artifacts.pin(key, pinned);
      return {};
    },
    'artifacts.reclaim': ({ dryRun }) => runs.artifacts.reclaim(dryRun),
    'scores.start': ({ runId }) => runs.startScore(runId),
    'scores.cell': async (query) => ({ images: await runs.scoreCell(query) }),
    'scores.get': ({ runId }) => runs.scores(runId),
  };
}
