// `NODE_OPTIONS=--import=FILE`: core, command line and trainers started with it find the recipes of api-recipes.ts in place of the real ones.
import { registerHooks } from 'node:module';

const real = new URL('../../src/main/ml/recipes/index.ts', import.meta.url).href;
const tiny = new URL('./api-recipes.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url === real ? { ...found, url: tiny } : found;
  },
});
