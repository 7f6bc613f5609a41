import { Command } from 'commander';
import { scores } from '#shared/contract/index.ts';
import { withConnection } from '../connect.ts';
import { jsonOption, parseRunId, projectOption, type ProjectOptions } from '../options.ts';
import { Output } from '../output.ts';
import { findProjectDir } from '../project-dir.ts';
import { scoreTableText } from '../score-table.ts';
import { startAndFollow } from './run.ts';

interface ScoreOptions extends ProjectOptions {
  readonly run?: string;
  readonly last?: boolean;
  readonly perClass?: boolean;
}

export function scoreCommand(): Command {
  return new Command('score')
    .summary('score seeds, refined, corrected and segmenter against ground truth')
    .description(
      'Scores the outputs of a run against the ground-truth vault: seeds → refined → corrected → segmenter, with deltas, by split. ' +
        'Corrections count as they stand now. Every use of the vault is logged; see "penumbra vault-log".',
    )
    .addOption(projectOption())
    .option('--run <run>', 'score this run (default: the newest finished one)', parseRunId)
    .option('--last', 'print the newest scores there are instead of measuring anew')
    .option('--per-class', 'print the IoU of every class too')
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  $ penumbra score --project birds\n  $ penumbra score --project birds --per-class\n  $ penumbra score --last --json')
    .action(async (options: ScoreOptions) => {
      const output = new Output({ json: options.json === true });
      const which = options.run === undefined ? {} : { runId: options.run };
      const perClass = options.perClass === true;
      await withConnection(findProjectDir(options.project), async (connection) => {
        if (options.last === true) {
          const found = await connection.client.call(scores.getScores, which);
          output.result(found, () => `${found.runId}\n\n${scoreTableText(found.table, { perClass })}`);
          return;
        }
        process.exitCode = await startAndFollow(connection, output, (client) => client.call(scores.startScore, which), { perClass });
      });
    });
}
