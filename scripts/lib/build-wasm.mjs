/** WebAssembly for the raster code. The result is committed, so that every process runs from sources without a build. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from './cache.mjs';
import { pinnedNode } from './pinned-node.mjs';

const MODULES = [
  { source: 'assembly/blur.ts', target: 'src/shared/raster/filter/blur-wasm.ts', constant: 'BLUR_WASM' },
  { source: 'assembly/mean-field.ts', target: 'src/shared/raster/crf/mean-field-wasm.ts', constant: 'MEAN_FIELD_WASM' },
  { source: 'assembly/canny.ts', target: 'src/shared/raster/filter/canny-wasm.ts', constant: 'CANNY_WASM' },
  { source: 'assembly/resize.ts', target: 'src/shared/raster/resize/pil-wasm.ts', constant: 'PIL_WASM' },
  { source: 'assembly/slic.ts', target: 'src/shared/raster/superpixels/slic-wasm.ts', constant: 'SLIC_WASM' },
];

/**
 * @param {{ write: boolean }} options
 * @returns {Promise<string[]>} the files that were not what their source compiles to
 */
export async function buildWasm({ write }) {
  const stale = [];
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-wasm-'));
  try {
    for (const { source, target, constant } of MODULES) {
      const binary = join(folder, 'module.wasm');
      const compiler = join(repositoryRoot, 'node_modules/assemblyscript/bin/asc.js');
      const options = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noAssert'];
      await promisify(execFile)(pinnedNode() ?? process.execPath, [compiler, source, ...options, '-o', binary], { cwd: repositoryRoot });
      const text =
        `/** Generated from ${source} by npm run build:wasm; WebAssembly in base64. */\n` +
        `export const ${constant} =\n  '${(await readFile(binary)).toString('base64')}';\n`;
      const path = join(repositoryRoot, target);
      if ((await readFile(path, 'utf8').catch(() => '')) === text) continue;
      stale.push(target);
      if (write) await writeFile(path, text);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return stale;
}
