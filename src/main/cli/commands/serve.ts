import path from 'node:path';
import { Command } from 'commander';
import { serve } from '../serve.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { jsonOption, wholeNumber, type CommonOptions } from '../options.ts';
import { Output } from '../output.ts';
import { findProjectDir } from '../project-dir.ts';

interface ServeOptions extends CommonOptions {
  readonly port: number;
  readonly open: boolean;
}

export function serveCommand(): Command {
  return new Command('serve')
    .summary('serve the workbench to a browser on this machine')
    .description(
      'Serves the workbench on 127.0.0.1 and opens it. The printed link signs one browser in and works once; on a terminal, Enter prints a fresh one. ' +
        'Ctrl-C ends the server and cancels what runs; a cancelled run can be resumed.',
    )
    .argument('[dir]', 'project folder (default: the one opened last, or the sample project)')
    .option('--port <n>', 'port (default: a free one)', wholeNumber('--port', 0, 65_535), 0)
    .option('--no-open', 'only print the link')
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  $ penumbra serve birds\n  $ penumbra serve birds --port 8080 --no-open\n  $ penumbra serve')
    .action(async (dir: string | undefined, options: ServeOptions) => {
      const output = new Output({ json: options.json === true });
      await serve(dir === undefined ? null : findProjectDir(path.resolve(dir)), { port: options.port, open: options.open, output });
      process.exitCode = EXIT_OK;
    });
}
