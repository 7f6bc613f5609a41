import { validateRecipe } from '#main/ml/pipeline/graph.ts';
import { findRecipe, loadRecipes } from '#main/ml/pipeline/registry.ts';
import type { Recipe } from '#main/ml/recipe.ts';

/** The recipes, loaded when first asked for: they bring the stages, which the core does not need to answer its first call. */
export class RecipeBook {
  /** URL of the module that lists them. */
  readonly module: string;
  #loaded: readonly Recipe[] = [];
  #loading: Promise<void> | null = null;

  constructor(module: string) {
    this.module = module;
  }

  async all(): Promise<readonly Recipe[]> {
    await this.#load();
    return this.#loaded;
  }

  /** RECIPE_UNKNOWN. */
  async find(id: string): Promise<Recipe> {
    return findRecipe(await this.all(), id);
  }

  /** The same, at once: for who has waited for `all` before. */
  findLoaded(id: string): Recipe {
    return findRecipe(this.#loaded, id);
  }

  #load(): Promise<void> {
    this.#loading ??= loadRecipes(this.module)
      .then((recipes) => {
        for (const recipe of recipes) validateRecipe(recipe);
        this.#loaded = recipes;
      })
      .catch((error: unknown) => {
        this.#loading = null; // a disk that did not answer may do so the next time
        throw error;
      });
    return this.#loading;
  }
}
