import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export interface StaticFile {
  readonly bytes: Buffer;
  readonly contentType: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Reads the page's files once; requests are looked up among these names, so no request can name another file.
 * `index.html` answers for `/`.
 */
export async function loadStaticFiles(dir: string): Promise<ReadonlyMap<string, StaticFile>> {
  const files = new Map<string, StaticFile>();
  for (const name of await readdir(dir)) {
    const contentType = TYPES[path.extname(name)];
    if (contentType === undefined) continue;
    const bytes = await readFile(path.join(dir, name));
    files.set(name === 'index.html' ? '/' : `/${name}`, { bytes, contentType });
  }
  return files;
}
