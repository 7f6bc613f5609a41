/** `npm run make-sample`: makes resources/sample/project anew from resources/sample. */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';

runMain(async () => {
  await bootstrap();
  return runPinned([join(repositoryRoot, 'scripts/make-sample/main.ts'), ...process.argv.slice(2)]);
});
