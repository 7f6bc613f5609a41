import type { RecipeInfo } from '#shared/contract/runs.ts';
import { describeRecipe } from '#main/ml/pipeline/describe.ts';
import { loadRecipes } from '#main/ml/pipeline/registry.ts';

/** URL of the module that lists the recipes of Penumbra. */
export const OWN_RECIPES = new URL('../ml/recipes/index.ts', import.meta.url).href;

/** The recipes of Penumbra, without a project. */
export async function ownRecipes(): Promise<RecipeInfo[]> {
  return (await loadRecipes(OWN_RECIPES)).map(describeRecipe);
}
