import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { RotatingFile } from './rotating-file.ts';

/** The log of one process of the project, such as `logs/core.ndjson`; rotated by size. */
export function openProcessLog(projectDir: string, name: string): Logger {
  return pino(
    { level: 'debug', base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    new RotatingFile(join(projectDir, 'logs', `${name}.ndjson`)),
  );
}
