import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';

export interface StaticFile {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** The built page, read once; requests are looked up among these names, so no request can name another file. */
export interface StaticFiles {
  /** By address: `/` is index.html, `/assets/index-1a2b3c4d.js` a file below. */
  readonly files: ReadonlyMap<string, StaticFile>;
  /** Changes whenever the page is built anew, since index.html names the others by their hashes. */
  readonly buildId: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** The build puts a hash of its content into the name of every file but index.html. */
const HASHED_NAME = /^\/assets\/.+-[\w-]{8}\.\w+$/;

/** Throws FILE_MISSING where the page has not been built. */
export async function loadStaticFiles(dir: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>();
  for (const name of await fileNames(dir)) {
    const contentType = TYPES[path.extname(name)];
    if (contentType === undefined) continue;
    const address = name === 'index.html' ? '/' : `/${name.split(path.sep).join('/')}`;
    const cacheControl = HASHED_NAME.test(address) ? 'private, max-age=31536000, immutable' : 'no-cache';
    files.set(address, { bytes: await readFile(path.join(dir, name)), contentType, cacheControl });
  }
  const index = files.get('/');
  if (index === undefined) throw notBuilt(dir);
  return { files, buildId: createHash('sha256').update(index.bytes).digest('hex').slice(0, 16) };
}

async function fileNames(dir: string, below = ''): Promise<string[]> {
  try {
    const entries = await readdir(path.join(dir, below), { withFileTypes: true });
    const names = await Promise.all(
      entries.map(async (entry) => {
        const name = path.join(below, entry.name);
        if (entry.isDirectory()) return fileNames(dir, name);
        return entry.isFile() ? [name] : [];
      }),
    );
    return names.flat();
  } catch (thrown) {
    throw (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? notBuilt(dir) : thrown;
  }
}

function notBuilt(dir: string): PenumbraError {
  return new PenumbraError('FILE_MISSING', `the window has not been built: ${dir} holds no index.html`, { remedy: 'npm run build builds it.', details: { dir } });
}
