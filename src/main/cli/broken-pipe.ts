import { EXIT_BROKEN_PIPE } from './exit-codes.ts';

/**
 * Whoever reads the output may close it before the end, as head does. Then the command ends as it does when it is told to by a signal, with what it
 * must undo or stop, and with the exit code that shells give a program which such a pipe ends. Only a command that stops something says so.
 */
export function endWithTheReader(): void {
  let isGone = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // What is written from now on reaches nobody, and nothing is to be said about it.
      if (isGone) return;
      if (error.code !== 'EPIPE') throw error;
      isGone = true;
      process.on('exit', () => (process.exitCode = EXIT_BROKEN_PIPE));
      // See `withConnection`: one that listens is its own, which lets the project go.
      if (process.listenerCount('SIGINT') > 1) process.stderr.write('the reader of the output has closed it: stopping\n');
      if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(EXIT_BROKEN_PIPE);
    });
  }
}
