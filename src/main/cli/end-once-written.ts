/**
 * Ends the process once the command has said all that it says, errors too. For commands after which something else keeps it alive: Dawn's WebGPU
 * runs on in the background.
 */
export function endOnceWritten(): void {
  // Whoever awaits the command gets its turn first.
  setImmediate(() => {
    process.stdout.write('', () => {
      process.stderr.write('', () => process.exit());
    });
  });
}
