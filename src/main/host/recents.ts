import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { RecentProject } from '#shared/contract/host.ts';
import { writeWhole } from './write-whole.ts';

const Entry = z.object({ dir: z.string(), name: z.string(), openedAt: z.iso.datetime() });
const File = z.object({ format: z.literal(1), projects: z.array(Entry) });
type Entry = z.infer<typeof Entry>;

const MOST = 20;

/** Recently opened projects, newest first, in a file of the user's data folder. */
export class Recents {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = path.join(dataDir, 'recent-projects.json');
  }

  list(): RecentProject[] {
    return this.#read().map((entry) => ({ ...entry, exists: existsSync(path.join(entry.dir, 'project.db')) }));
  }

  /** The newest whose folder is there. */
  last(): string | null {
    return this.list().find(({ exists }) => exists)?.dir ?? null;
  }

  add(dir: string, name: string): void {
    const others = this.#read().filter((entry) => entry.dir !== dir);
    this.#write([{ dir, name, openedAt: new Date().toISOString() }, ...others].slice(0, MOST));
  }

  forget(dir: string): void {
    this.#write(this.#read().filter((entry) => entry.dir !== dir));
  }

  /** Read anew each time: other windows write it too. A file that is not understood counts as empty. */
  #read(): Entry[] {
    try {
      return File.parse(JSON.parse(readFileSync(this.#file, 'utf8'))).projects;
    } catch {
      return [];
    }
  }

  /** A list that cannot be kept is no reason to refuse the project. */
  #write(projects: Entry[]): void {
    try {
      mkdirSync(path.dirname(this.#file), { recursive: true });
      writeWhole(this.#file, `${JSON.stringify({ format: 1, projects }, null, 1)}\n`);
    } catch {
      // A full disk, a folder that is read-only.
    }
  }
}
