/** Builds the window's page and the shell into out/, when their sources have changed since. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './cache.mjs';
import { SetupError } from './errors.mjs';
import { withLock } from './lock.mjs';
import { capture } from './pip.mjs';
import { pinnedNode } from './pinned-node.mjs';

const OUT = join(repositoryRoot, 'out');
const STAMP = join(OUT, 'sources.sha256');
const SOURCES = ['electron.vite.config.ts', 'package-lock.json', 'package.json', 'resources/sample', 'src/main', 'src/preload', 'src/renderer', 'src/shared'];

/** @param {string} file @param {import('node:crypto').Hash} hash */
function add(file, hash) {
  const absolute = join(repositoryRoot, file);
  if (statSync(absolute).isDirectory()) {
    for (const name of readdirSync(absolute).sort()) if (name !== 'project') add(join(file, name), hash);
    return;
  }
  hash.update(file).update(readFileSync(absolute));
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const source of SOURCES) add(source, hash);
  return hash.digest('hex');
}

/**
 * @param {import('./say.mjs').Say} say
 * @param {{ always?: boolean }} [options]
 */
export async function buildWindow(say, { always = false } = {}) {
  mkdirSync(OUT, { recursive: true });
  await withLock(join(OUT, 'build.lock'), say, async () => {
    const wanted = fingerprint();
    if (!always && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
    const node = pinnedNode();
    if (node === null) throw new SetupError('LOAD_FAILED', 'The pinned Node is not installed.', 'Run npm run setup.');
    say.line('Building the window …');
    const built = await capture(node, [join(repositoryRoot, 'node_modules/electron-vite/bin/electron-vite.js'), 'build'], { cwd: repositoryRoot });
    if (built.code !== 0) throw new SetupError('LOAD_FAILED', `The window cannot be built: ${built.stderr.trim()}`, 'git status shows what was changed; npm run build repeats it.');
    writeFileSync(STAMP, wanted);
  });
}
