/** Virtual environments with Python packages that this project is compared with. Made once, on first use. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from './cache.mjs';

/** PyTorch with what its networks come from: 5 to 6 GB in the per-user cache. */
export const TORCH = {
  given: 'PENUMBRA_TORCH_PYTHON',
  dir: join(cacheRoot(), 'peers/torch-2.15.0'),
  packages: ['torch==2.15.0', 'torchvision==0.29.2', 'timm==1.0.31', 'numpy==2.4.6'],
};

/**
 * Path of a Python that has these packages.
 * @param {object} wanted
 * @param {string} wanted.given name of the environment variable by which the user names a Python that has them already
 * @param {string} wanted.dir where the environment is made
 * @param {readonly string[]} wanted.packages as pip takes them
 * @returns {string}
 */
export function pythonWithPeers({ given, dir, packages }) {
  const own = process.env[given];
  if (own !== undefined && own !== '') return own;
  const venv = join(dir, 'venv');
  const python = join(venv, 'bin/python');
  // Written last: an environment that was left half-made is completed.
  const complete = join(venv, 'complete');
  if (!existsSync(complete)) {
    mkdirSync(dir, { recursive: true });
    console.log(`making a Python environment with ${packages.join(', ')} in ${venv}; ${given} may name one that has them`);
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: 'inherit' });
    writeFileSync(complete, '');
  }
  return python;
}
