import { Argument, Command, Option } from 'commander';
import { runs, scores, system } from '#shared/contract/index.ts';
import { PenumbraError } from '#shared/errors.ts';
import { RECIPE_HINT } from './recipes.ts';
import type { Preset, RunSummary } from '#shared/domain/run.ts';
import type { ScoreTable } from '#shared/domain/score.ts';
import type { Client } from '../../client/client.ts';
import { withConnection, type Connection } from '../connect.ts';
import { EXIT_CANCELLED, EXIT_ERROR, EXIT_OK } from '../exit-codes.ts';
import { followRun } from '../follow-run.ts';
import { collect, jsonOption, parseOverrides, parseRunId, projectOption, wholeNumber, type ProjectOptions } from '../options.ts';
import { Output } from '../output.ts';
import { findProjectDir } from '../project-dir.ts';
import { scoreTableText } from '../score-table.ts';
import { duration, elapsedSeconds } from '../text.ts';

interface RunOptions extends ProjectOptions {
  readonly preset: Preset;
  readonly set?: readonly string[];
  readonly seed: number;
  readonly backend: 'auto' | 'native' | 'webgpu' | 'cpu';
}

export function runCommand(): Command {
  return new Command('run')
    .summary('run a recipe on a project')
    .description('Runs a recipe on a project and prints the scores. What an earlier run made with the same settings is reused.')
    .addArgument(new Argument('<recipe>', RECIPE_HINT))
    .addOption(projectOption())
    .addOption(new Option('--preset <preset>', 'quick: small photos, few scales; full: the published settings').choices(['quick', 'full']).default('quick'))
    .option('--set <step.key=value>', 'set one value over the preset; repeatable', collect)
    .option('--seed <n>', 'same seed, same numbers', wholeNumber('--seed', 0, 2 ** 31 - 1), 0)
    .addOption(new Option('--backend <backend>', 'tensor engine').choices(['auto', 'native', 'webgpu', 'cpu']).default('auto'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Ctrl-C asks the run to stop and keeps what is finished (exit code 130); "penumbra resume" goes on from there.
A second Ctrl-C ends at once.

Examples:
  $ penumbra run weak-baseline --project birds
  $ penumbra run weak-baseline --project birds --preset full --seed 7
  $ penumbra run weak-baseline --set classifier.epochs=8 --set refined.row=psa
  $ penumbra run weak-baseline --json > run.ndjson`,
    )
    .action(async (recipe: string, options: RunOptions) => {
      const output = new Output({ json: options.json === true });
      const overrides = parseOverrides(options.set ?? []);
      process.exitCode = await withConnection(findProjectDir(options.project), async (connection) => {
        const { preset, seed, backend } = options;
        return startAndFollow(connection, output, (client) => client.call(runs.startRun, { recipe, preset, overrides, seed, backend }));
      });
    });
}

export function resumeCommand(): Command {
  return new Command('resume')
    .summary('go on with a cancelled, failed or interrupted run')
    .description('Queues a run again, or starts one that still waits. It goes on from its last checkpoint and ends with the same numbers as an unbroken run.')
    .argument('<run>', 'run id, as "penumbra runs" lists it', parseRunId)
    .addOption(projectOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  $ penumbra resume run_4f0c2k9d1x7a --project birds')
    .action(async (runId: string, options: ProjectOptions) => {
      const output = new Output({ json: options.json === true });
      process.exitCode = await withConnection(findProjectDir(options.project), (connection) =>
        startAndFollow(connection, output, (client) => client.call(runs.resumeRun, { runId })),
      );
    });
}

/** Queues a run, follows it, prints how it ended; returns the exit code. */
export async function startAndFollow(
  connection: Connection,
  output: Output,
  queue: (client: Client) => Promise<RunSummary>,
  options: { perClass?: boolean } = {},
): Promise<number> {
  const { client } = connection;
  const { lastEvent } = await client.call(system.hello, {});
  const run = await followRun(connection, await queue(client), { output, afterEvent: lastEvent });
  if (run.state === 'cancelled') {
    output.result({ run, scores: null }, () => `${run.id} was cancelled; go on with: penumbra resume ${run.id}`);
    return EXIT_CANCELLED;
  }
  if (run.state !== 'done') {
    output.fail(
      run.error === null
        ? new PenumbraError('TRAINER_CRASHED', `${run.id} ended as ${run.state}`, { remedy: `Go on with: penumbra resume ${run.id}` })
        : PenumbraError.fromValue(run.error),
    );
    return EXIT_ERROR;
  }
  const table = await findScores(connection.client, run);
  output.result({ run, scores: table }, () => doneText(run, table, options.perClass === true));
  return EXIT_OK;
}

/** Null for runs that score nothing. */
async function findScores(client: Client, run: RunSummary): Promise<ScoreTable | null> {
  try {
    return (await client.call(scores.getScores, { runId: run.id })).table;
  } catch (thrown) {
    if (thrown instanceof PenumbraError && thrown.code === 'ARTIFACT_NOT_FOUND') return null;
    throw thrown;
  }
}

function doneText(run: RunSummary, table: ScoreTable | null, perClass: boolean): string {
  const took = duration(elapsedSeconds(run.startedAt, run.endedAt));
  const line = `${run.id} done in ${took} on ${run.backend ?? 'no tensor engine'}, seed ${run.seed}`;
  return table === null ? line : `${line}\n\n${scoreTableText(table, { perClass })}`;
}
