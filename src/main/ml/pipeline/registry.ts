import { PenumbraError } from '#shared/errors.ts';
import type { Recipe } from '../recipe.ts';

/** What a module of recipes exports. Tests bring their own module. */
export interface RecipeModule {
  readonly recipes: readonly Recipe[];
}

/** Loads a module of recipes. Late, since stages bring tensor code that the core does not need to answer its first call. */
export async function loadRecipes(moduleUrl: string): Promise<readonly Recipe[]> {
  const loaded = (await import(moduleUrl)) as Partial<RecipeModule>;
  if (!Array.isArray(loaded.recipes)) throw new Error(`${moduleUrl} exports no list named "recipes"`);
  return loaded.recipes as readonly Recipe[];
}

export function findRecipe(recipes: readonly Recipe[], id: string): Recipe {
  const recipe = recipes.find((item) => item.id === id);
  if (recipe !== undefined) return recipe;
  const known = recipes.map((item) => item.id);
  throw new PenumbraError('RECIPE_UNKNOWN', `there is no recipe "${id}"; recipes are ${known.join(', ')}`, {
    remedy: 'Choose one of them; `penumbra recipes` describes each.',
    details: { recipe: id, known },
  });
}
