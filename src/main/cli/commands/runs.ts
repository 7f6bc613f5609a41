import { Command, Option } from 'commander';
import { runs } from '#shared/contract/index.ts';
import { RunState, type RunSummary } from '#shared/domain/run.ts';
import { withConnection } from '../connect.ts';
import { jsonOption, parseRunId, projectOption, wholeNumber, type ProjectOptions } from '../options.ts';
import { Output } from '../output.ts';
import { findProjectDir } from '../project-dir.ts';
import { duration, elapsedSeconds, localTime, table } from '../text.ts';

export function runsCommand(): Command {
  return new Command('runs')
    .summary('list runs, newest first')
    .addOption(projectOption())
    .addOption(new Option('--state <state>', 'only runs in this state').choices(RunState.options))
    .option('--limit <n>', 'at most so many', wholeNumber('--limit', 1, 500), 50)
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  $ penumbra runs --project birds\n  $ penumbra runs --state failed --json')
    .action(async (options: ProjectOptions & { state?: RunState; limit: number }) => {
      const output = new Output({ json: options.json === true });
      await withConnection(findProjectDir(options.project), async ({ client }) => {
        const list = await client.call(runs.listRuns, { limit: options.limit, ...(options.state === undefined ? {} : { state: options.state }) });
        output.result(list, () => (list.runs.length === 0 ? emptyText(options.state) : listText(list.runs)));
      });
    });
}

export function showCommand(): Command {
  return new Command('show')
    .summary('show one run: steps, settings, error, log')
    .argument('<run>', 'run id', parseRunId)
    .addOption(projectOption())
    .option('--log <lines>', 'also print the last lines of its log', wholeNumber('--log', 1, 10_000))
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  $ penumbra show run_4f0c2k9d1x7a --log 20')
    .action(async (runId: string, options: ProjectOptions & { log?: number }) => {
      const output = new Output({ json: options.json === true });
      await withConnection(findProjectDir(options.project), async ({ client }) => {
        const run = await client.call(runs.getRun, { runId });
        const log = options.log === undefined ? [] : await lastLines(options.log);
        output.result(options.log === undefined ? run : { run, log }, () =>
          [runText(run), ...log.map((line) => `${line.at} ${line.level.padEnd(5)} ${line.message}`)].join('\n'),
        );

        async function lastLines(count: number): Promise<{ at: string; level: string; message: string }[]> {
          let lines: { at: string; level: string; message: string }[] = [];
          for (let afterLine = 0; ; ) {
            const page = await client.call(runs.runLog, { runId, afterLine, limit: 10_000 });
            lines = [...lines, ...page.lines].slice(-count);
            if (page.lines.length === 0 || page.nextLine === afterLine) return lines;
            afterLine = page.nextLine;
          }
        }
      });
    });
}

export function cancelCommand(): Command {
  return new Command('cancel')
    .summary('ask a run to stop')
    .description('Asks a run to stop; after 5 seconds its process is ended. What is finished stays, and "penumbra resume" goes on from there.')
    .argument('<run>', 'run id', parseRunId)
    .addOption(projectOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  $ penumbra cancel run_4f0c2k9d1x7a --project birds')
    .action(async (runId: string, options: ProjectOptions) => {
      const output = new Output({ json: options.json === true });
      await withConnection(findProjectDir(options.project), async ({ client }) => {
        const run = await client.call(runs.cancelRun, { runId });
        output.result(run, () => `${run.id} is ${run.state === 'running' ? 'stopping' : run.state}`);
      });
    });
}

function emptyText(state: RunState | undefined): string {
  return state === undefined ? 'no runs yet; start one: penumbra run weak-baseline' : `no run is ${state}`;
}

function listText(list: readonly RunSummary[]): string {
  return table([
    ['run', 'recipe', 'preset', 'seed', 'state', 'steps', 'time', 'created'],
    ...list.map((run) => [
      run.id,
      run.recipe,
      run.preset,
      String(run.seed),
      run.state,
      `${run.steps.filter((step) => step.state === 'done' || step.state === 'reused').length}/${run.steps.length}`,
      run.startedAt === null ? '' : duration(elapsedSeconds(run.startedAt, run.endedAt)),
      localTime(run.createdAt),
    ]),
  ]);
}

function runText(run: RunSummary): string {
  const facts = [
    ['run', run.id],
    ['recipe', `${run.recipe}, ${run.preset}, seed ${run.seed}`],
    ['state', run.state],
    ['engine', run.backend ?? '–'],
    ['created', localTime(run.createdAt)],
    ...Object.entries(run.overrides).map(([key, value]) => ['set', `${key}=${JSON.stringify(value)}`]),
  ];
  const steps = run.steps.map((step) => [
    `  ${step.step}`,
    step.state,
    step.total === 0 ? '' : `${step.done}/${step.total} ${step.unit}`,
    step.startedAt === null ? '' : duration(elapsedSeconds(step.startedAt, step.endedAt)),
    step.artifact ?? '',
  ]);
  const error = run.error === null ? [] : [`error: ${run.error.message}`, `  ${run.error.remedy}`];
  return [table(facts), table(steps), ...error].join('\n');
}
