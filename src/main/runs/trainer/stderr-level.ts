import type { LogLevel } from '#shared/domain/run.ts';

/** Level of a line that a trainer wrote to stderr: TensorFlow logs everything there, with absl's letter in front; what others write is a warning. */
export function stderrLevel(line: string): LogLevel {
  if (/^I\d{4} |^WARNING: All log messages before absl/.test(line)) return 'debug';
  return /^[EF]\d{4} /.test(line) ? 'error' : 'warn';
}
