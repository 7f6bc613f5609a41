/** `npm run build`: the window's page and the shell, into out/. */
import { bootstrap } from './bootstrap.mjs';
import { buildWindow } from './lib/build-window.mjs';
import { runMain } from './lib/errors.mjs';
import { createSay } from './lib/say.mjs';

runMain(async () => {
  await bootstrap();
  await buildWindow(createSay(), { always: true });
  return 0;
});
