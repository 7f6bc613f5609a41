import { existsSync } from 'node:fs';
import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';

/** The project a command works on: `--project DIR`, or the current folder when it holds one. Throws PROJECT_NOT_FOUND. */
export function findProjectDir(option: string | undefined, cwd = process.cwd()): string {
  const dir = path.resolve(cwd, option ?? '.');
  if (existsSync(path.join(dir, 'project.db'))) return dir;
  const message = option === undefined ? 'the current folder holds no project (no project.db)' : `${dir} holds no project (no project.db)`;
  throw new PenumbraError('PROJECT_NOT_FOUND', message, {
    remedy: 'Name one with --project DIR, or make one: penumbra new DIR --voc ROOT',
    details: { dir },
  });
}
