import { PenumbraError } from '#shared/errors.ts';
import type { RunState, RunSummary } from '#shared/domain/run.ts';
import type { RunLedger, RunProject } from './ports.ts';

const PAGE = 500;

/** Every run, or every run in one state; newest first. */
export function allRuns(ledger: RunLedger, state?: RunState): RunSummary[] {
  const runs: RunSummary[] = [];
  for (;;) {
    const page = ledger.list({ state, offset: runs.length, limit: PAGE });
    runs.push(...page.runs);
    if (page.runs.length === 0 || runs.length >= page.total) return runs;
  }
}

/** @throws RUN_NOT_FOUND */
export function requireRun(project: RunProject, runId: string): RunSummary {
  const run = project.runs.get(runId);
  if (run !== null) return run;
  throw new PenumbraError('RUN_NOT_FOUND', `there is no run ${runId} in this project`, {
    remedy: '`penumbra runs` lists them.',
    details: { runId },
  });
}
