import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The project named on a command line, as the system does when a project is double-clicked: a folder with a project.db, or that file.
 * Null when none is named. Options, and the app's own folder that stands before them while developing, are passed over.
 */
export function projectArgument(argv: readonly string[], cwd: string): string | null {
  for (const argument of argv.slice(1).reverse()) {
    if (argument.startsWith('-')) continue;
    const file = path.resolve(cwd, argument);
    if (path.basename(file) === 'project.db' && existsSync(file)) return path.dirname(file);
    if (existsSync(path.join(file, 'project.db'))) return file;
  }
  return null;
}
