/**
 * `npm run parity`: every network of the catalogue in full size beside PyTorch's own. `-- --list` names them, `-- --only a,b` compares some anew,
 * `-- --fresh` forgets earlier figures, `-- --backend webgpu` compares the small networks of the tests on WebGPU instead. PyTorch lives in a virtual
 * environment of the cache (6 GB), made on first use; PENUMBRA_TORCH_PYTHON names another Python that has it.
 */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';
import { pythonWithPeers, TORCH } from './lib/python-peers.mjs';

runMain(async () => {
  await bootstrap();
  const asked = process.argv.slice(2);
  // The small networks have their references beside them.
  const needsTorch = !asked.includes('--list') && !asked.includes('webgpu');
  const python = needsTorch ? ['--python', pythonWithPeers(TORCH)] : [];
  return runPinned([join(repositoryRoot, 'scripts/parity/main.ts'), ...python, ...asked]);
});
