import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { PenumbraError } from '#shared/errors.ts';
import { endWithTheReader } from './cli/broken-pipe.ts';
import { EXIT_CANCELLED, EXIT_ERROR, EXIT_OK, EXIT_USAGE } from './cli/exit-codes.ts';
import { Output, UsageError } from './cli/output.ts';
import { createProgram } from './cli/program.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

// A wrapper script that is killed must not leave this process behind.
if (process.env['PENUMBRA_WATCH_PID'] !== undefined) void import('./runs/watchdog/watch.ts').then(({ watchWrapper }) => watchWrapper());

endWithTheReader();

try {
  await createProgram(version).parseAsync();
} catch (thrown) {
  process.exitCode = exitCodeOf(thrown);
}

/** Reports what was thrown, unless commander has done so. */
function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  new Output({ json: process.argv.includes('--json') }).fail(thrown);
  if (thrown instanceof PenumbraError && thrown.code === 'RUN_CANCELLED') return EXIT_CANCELLED;
  return thrown instanceof UsageError ? EXIT_USAGE : EXIT_ERROR;
}
