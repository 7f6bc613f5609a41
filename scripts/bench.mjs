/** `npm run bench`: the figures of docs/performance.md, measured anew here. `-- --only a,b` repeats some, `-- --fresh` forgets earlier ones. */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';

runMain(async () => {
  await bootstrap();
  return runPinned([join(repositoryRoot, 'scripts/bench/main.ts'), ...process.argv.slice(2)]);
});
