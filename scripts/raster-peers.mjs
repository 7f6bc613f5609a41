/**
 * `npm run parity:raster` and `npm run bench:raster`: the raster primitives beside the libraries that they follow, on photos of VOC. The peers
 * live in a virtual environment under .tmp, made on first use; PENUMBRA_PEERS_PYTHON names another Python that has them. PyTorch, which the walk is
 * measured against, is that of bench:engine: it is used where PENUMBRA_TORCH_PYTHON names it, and installed for "bench:raster -- --only walk".
 */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';
import { pythonWithPeers, TORCH } from './lib/python-peers.mjs';

const PEERS = {
  given: 'PENUMBRA_PEERS_PYTHON',
  dir: join(repositoryRoot, '.tmp/raster-peers'),
  packages: ['numpy==2.4.6', 'scikit-image==0.26.0', 'opencv-python-headless==5.0.0.93', 'pillow==13.0.0', 'scipy==1.17.1', 'pydensecrf2==1.1'],
};

runMain(async () => {
  await bootstrap();
  const [kind = '', ...rest] = process.argv.slice(2);
  if (kind !== 'parity' && kind !== 'bench') throw new Error(`raster-peers: "${kind}" is neither parity nor bench`);
  const torch = process.env[TORCH.given] !== undefined || rest.includes('walk') ? ['--torch-python', pythonWithPeers(TORCH)] : [];
  return runPinned([join(repositoryRoot, 'scripts/raster-peers/main.ts'), kind, '--python', pythonWithPeers(PEERS), ...torch, ...rest]);
});
