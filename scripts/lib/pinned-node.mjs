/** The Node that everything but the set-up itself runs on; it comes as an npm package. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './cache.mjs';

const PLATFORMS = /** @type {Record<string, string>} */ ({ linux: 'linux', darwin: 'darwin', win32: 'win' });

/** Folder of the platform's Node package. */
export function pinnedNodePackage(root = repositoryRoot) {
  return join(root, 'node_modules', `node-${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`);
}

/** Path of the pinned Node, or null when it is not installed. */
export function pinnedNode(root = repositoryRoot) {
  const file = join(pinnedNodePackage(root), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(file) ? file : null;
}
