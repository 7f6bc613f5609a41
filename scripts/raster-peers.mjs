/**
 * `npm run parity:raster` and `npm run bench:raster`: the raster primitives beside the libraries that they follow, on 20 photos of VOC. The peers
 * live in a virtual environment under .tmp, made on first use; PENUMBRA_PEERS_PYTHON names another Python that has them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';

const PEERS = ['numpy==2.4.6', 'scikit-image==0.26.0', 'opencv-python-headless==5.0.0.93', 'pillow==13.0.0', 'scipy==1.17.1', 'pydensecrf2==1.1'];

function pythonWithPeers() {
  const given = process.env['PENUMBRA_PEERS_PYTHON'];
  if (given !== undefined) return given;
  const work = join(repositoryRoot, '.tmp/raster-peers');
  const python = join(work, 'venv/bin/python');
  if (!existsSync(join(work, 'venv/complete'))) {
    mkdirSync(work, { recursive: true });
    execFileSync('python3', ['-m', 'venv', join(work, 'venv')], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...PEERS], { stdio: 'inherit' });
    execFileSync('touch', [join(work, 'venv/complete')]);
  }
  return python;
}

runMain(async () => {
  await bootstrap();
  const [kind = '', ...rest] = process.argv.slice(2);
  if (kind !== 'parity' && kind !== 'bench') throw new Error(`raster-peers: "${kind}" is neither parity nor bench`);
  return runPinned([join(repositoryRoot, 'scripts/raster-peers/main.ts'), kind, pythonWithPeers(), ...rest]);
});
