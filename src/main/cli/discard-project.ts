import { readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';

/** What a project puts into its folder. Anything else in there is the user's. */
const PROJECT_ENTRIES = /^(project\.db(-wal|-shm)?|project\.lock.*|artifacts|thumbs|logs|backups)$/;

/** Takes away a project that was just made and never filled; the folder goes too when nothing else is in it. */
export async function discardProject(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (PROJECT_ENTRIES.test(name)) await rm(path.join(dir, name), { recursive: true, force: true });
  }
  if ((await readdir(dir)).length === 0) await rmdir(dir);
}
