import { readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';

/** What a project puts into its folder. */
const PROJECT_ENTRIES = /^(project\.db(-wal|-shm)?|project\.lock.*|artifacts|thumbs|logs|backups)$/;

/**
 * Takes away a project that was just made and never filled. What was in the folder before it is the user's, whatever its name; the folder
 * goes too when nothing else is in it.
 */
export async function discardProject(dir: string, before: readonly string[]): Promise<void> {
  for (const name of await readdir(dir)) {
    if (PROJECT_ENTRIES.test(name) && !before.includes(name)) await rm(path.join(dir, name), { recursive: true, force: true });
  }
  if ((await readdir(dir)).length === 0) await rmdir(dir);
}
