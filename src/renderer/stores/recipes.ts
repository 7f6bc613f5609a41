import { defineStore } from 'pinia';
import { computed } from 'vue';
import { runs as contract, type runs } from '#shared/contract/index.ts';
import { call } from '../api/client.ts';
import { useResync } from '../composables/use-core-events.ts';
import { useLoading } from '../composables/use-loading.ts';
import { useConnection } from './connection.ts';

/** What can be run: recipes with their stages, settings and presets, as this program has them. */
export const useRecipes = defineStore('recipes', () => {
  const { value, error, isFirst, load } = useLoading(async (signal) => (await call(contract.listRecipes, {}, { signal })).recipes);
  useResync(() => void load());
  // Made when a page first asks, which may be long after the connection.
  if (useConnection().state === 'live') void load();
  const all = computed<readonly runs.RecipeInfo[]>(() => value.value ?? []);
  const byId = computed(() => new Map(all.value.map((recipe) => [recipe.id, recipe])));
  return { all, byId, error, isFirst, load };
});
