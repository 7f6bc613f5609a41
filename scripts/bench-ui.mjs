/** `npm run bench:ui`: how fast the window answers, in Chromium with software rendering. `-- --only a,b` measures some. */
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { buildWindow } from './lib/build-window.mjs';
import { repositoryRoot } from './lib/cache.mjs';
import { runPinned } from './lib/child.mjs';
import { runMain } from './lib/errors.mjs';
import { createSay } from './lib/say.mjs';

runMain(async () => {
  await bootstrap();
  await buildWindow(createSay());
  return runPinned([join(repositoryRoot, 'scripts/bench/ui.ts'), ...process.argv.slice(2)]);
});
