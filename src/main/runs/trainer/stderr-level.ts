import type { LogLevel } from '#shared/domain/run.ts';

/** Level of a line on a trainer's stderr: TensorFlow logs everything there, with absl's letter in front; other lines are warnings. */
export function stderrLevel(line: string): LogLevel {
  if (/^I\d{4} |^WARNING: All log messages before absl/.test(line)) return 'debug';
  return /^[EF]\d{4} /.test(line) ? 'error' : 'warn';
}
