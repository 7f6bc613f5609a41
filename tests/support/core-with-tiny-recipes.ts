/** The core's process entry, with the recipes of api-recipes.ts in place of the real ones. */
import { startCore } from '#main/core.ts';
import { runCoreProcess } from '#main/core-process.ts';

const recipeModule = new URL('./api-recipes.ts', import.meta.url).href;
await runCoreProcess(process.argv.slice(2), (dir, options) => startCore(dir, { ...options, runs: { recipeModule } }));
