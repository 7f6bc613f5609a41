import { Command } from 'commander';
import type { DoctorItem } from '#shared/contract/system.ts';
import { EXIT_ERROR } from '../exit-codes.ts';
import { jsonOption, type CommonOptions } from '../options.ts';
import { Output } from '../output.ts';
import { table } from '../text.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('say what is installed and what brings the rest')
    .description('Lists Node, tensor engine, GPU, backends that load, Electron, cache and free disk; each missing thing with the command that brings it.')
    .addOption(jsonOption())
    .addHelpText('after', '\nExit code 1 when something needed is missing or broken.\n\nExamples:\n  $ penumbra doctor\n  $ penumbra doctor --json')
    .action(async (options: CommonOptions) => {
      const output = new Output({ json: options.json === true });
      const { setupFacts } = await import('../../setup-facts/setup-facts.ts');
      const items = await setupFacts();
      output.result({ items }, () => doctorText(items));
      if (items.some((item) => item.state === 'missing' || item.state === 'broken')) process.exitCode = EXIT_ERROR;
    });
}

const MARKS: Readonly<Record<DoctorItem['state'], string>> = { ok: '✓', missing: '✗', broken: '✗', optional: '–' };

function doctorText(items: readonly DoctorItem[]): string {
  return table(
    items.flatMap((item) => {
      const row = [MARKS[item.state], item.title, item.found];
      return item.remedy === null ? [row] : [row, ['', '', `→ ${item.remedy}`]];
    }),
  );
}
