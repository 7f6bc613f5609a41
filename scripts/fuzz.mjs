/** `npm run fuzz`: broken files for every reader of weights. `-- --count N --seed S --from N` repeat, vary and resume; each input follows from seed and number. */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';

runMain(async () => {
  await bootstrap();
  return runPinned([join(repositoryRoot, 'scripts/fuzz/main.ts'), ...process.argv.slice(2)]);
});
