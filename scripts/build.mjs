/** `npm run build`: the WebAssembly of the raster code into src/, the window's page and the shell into out/. */
import { bootstrap } from './bootstrap.mjs';
import { buildWasm } from './lib/build-wasm.mjs';
import { buildWindow } from './lib/build-window.mjs';
import { runMain } from './lib/errors.mjs';
import { createSay } from './lib/say.mjs';

runMain(async () => {
  await bootstrap();
  await buildWasm({ write: true });
  await buildWindow(createSay(), { always: true });
  return 0;
});
