/**
 * `npm run bench:engine`: the tensor engine beside PyTorch. `-- --only a,b` takes some measures, `-- --repeats N` other than 5 repeats. PyTorch lives
 * in a virtual environment of 5 to 6 GB in the per-user cache, made on first use; PENUMBRA_TORCH_PYTHON names another Python that has it.
 */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { cacheRoot, repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';
import { pythonWithPeers } from './lib/python-peers.mjs';

const TORCH = {
  given: 'PENUMBRA_TORCH_PYTHON',
  dir: join(cacheRoot(), 'peers/torch-2.15.0'),
  packages: ['torch==2.15.0', 'torchvision==0.29.2', 'timm==1.0.31', 'numpy==2.4.6'],
};

runMain(async () => {
  await bootstrap();
  return runPinned([join(repositoryRoot, 'scripts/engine-bench/main.ts'), pythonWithPeers(TORCH), ...process.argv.slice(2)]);
});
