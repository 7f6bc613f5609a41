import { statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

export interface StoredRoot {
  readonly path: string;
  readonly relative: boolean;
}

/**
 * How to remember where the photos are. When project and photos lie one inside the other they move together, so the way from one to
 * the other is kept; otherwise the absolute path.
 */
export function storeRoot(projectDir: string, root: string): StoredRoot {
  const way = relative(resolve(projectDir), resolve(root));
  const onlyUp = way === '' || way.split(sep).every((part) => part === '..');
  const onlyDown = !isAbsolute(way) && !way.startsWith('..');
  if (onlyUp || onlyDown) return { path: way.split(sep).join('/') || '.', relative: true };
  return { path: resolve(root), relative: false };
}

export function locateRoot(projectDir: string, stored: StoredRoot): { path: string; found: boolean } {
  const path = stored.relative ? join(projectDir, stored.path) : stored.path;
  return { path, found: isFolder(path) };
}

/** False too where it cannot be told: a disk that does not answer, a folder that may not be entered. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
