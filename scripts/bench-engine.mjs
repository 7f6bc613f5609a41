/**
 * `npm run bench:engine`: the tensor engine beside PyTorch. `-- --only a,b` takes some measures, `-- --repeats N` other than 5 repeats. PyTorch lives
 * in a virtual environment of 5 to 6 GB in the per-user cache, made on first use; PENUMBRA_TORCH_PYTHON names another Python that has it.
 */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';
import { pythonWithPeers, TORCH } from './lib/python-peers.mjs';

runMain(async () => {
  await bootstrap();
  return runPinned([join(repositoryRoot, 'scripts/engine-bench/main.ts'), pythonWithPeers(TORCH), ...process.argv.slice(2)]);
});
