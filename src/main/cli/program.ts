import { Command } from 'commander';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { modelCommand } from './commands/model/index.ts';
import { newCommand } from './commands/new.ts';
import { recipesCommand } from './commands/recipes.ts';
import { repointCommand } from './commands/repoint.ts';
import { resumeCommand, runCommand } from './commands/run.ts';
import { cancelCommand, runsCommand, showCommand } from './commands/runs.ts';
import { scoreCommand } from './commands/score.ts';
import { serveCommand } from './commands/serve.ts';
import { supervisionCommand, vaultLogCommand } from './commands/supervision.ts';
import { toolCommand } from './commands/tool.ts';

const EXIT_CODES = `
Exit codes: 0 done · 1 error · 2 the command line is wrong · 130 cancelled · 141 the reader of the output closed it, which counts as Ctrl-C
Errors name what went wrong and the way out; with --json they come as {"type":"error","error":{code, message, remedy, details}}.
PENUMBRA_DEBUG=1 adds the stack of an error.

Examples:
  $ penumbra new birds --voc ~/data/birds --tags csv:tags.csv
  $ penumbra run weak-baseline --project birds
  $ penumbra score --project birds
  $ penumbra export corrected --project birds --to birds-masks`;

/** The whole command line, in the order of the work. */
export function createProgram(version: string): Command {
  const program = new Command('penumbra')
    .description('Segmentation from weak labels: tags → classifier → CAMs → refined masks → correction → segmenter → scores → export.')
    .version(version)
    .helpCommand(true)
    .addHelpText('after', EXIT_CODES);
  const commands = [
    newCommand(),
    recipesCommand(),
    runCommand(),
    runsCommand(),
    showCommand(),
    cancelCommand(),
    resumeCommand(),
    scoreCommand(),
    exportCommand(),
    supervisionCommand(),
    vaultLogCommand(),
    repointCommand(),
    modelCommand(),
    toolCommand(),
    serveCommand(),
    doctorCommand(),
  ];
  for (const command of commands) program.addCommand(command.exitOverride().showHelpAfterError('(--help shows how it is used)'));
  return program.exitOverride().showHelpAfterError('(--help lists the commands)');
}
