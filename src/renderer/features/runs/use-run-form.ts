import { computed, type ComputedRef } from 'vue';
import type { runs as contract } from '#shared/contract/index.ts';
import type { CallInput } from '#shared/contract/define.ts';
import type { RecipeInfo } from '#shared/contract/runs.ts';
import { useRecipes } from '../../stores/recipes.ts';
import { useRunDraft } from '../../stores/run-draft.ts';
import { strings } from '../../strings/index.ts';
import { isSame, parseText, toText, type Json } from './field-text.ts';
import { settingsOf, type RecipeStep, type Setting } from './settings.ts';

/** A setting in the form: what it would be, what is typed, and what is wrong with that. */
export interface FormSetting extends Setting {
  readonly text: string;
  readonly isTyped: boolean;
  readonly problem: string | null;
}

export interface FormStep {
  readonly step: RecipeStep;
  readonly settings: readonly FormSetting[];
  readonly changed: number;
  readonly problems: number;
}

type RunRequest = CallInput<typeof contract.checkRun>;

export interface RunForm {
  readonly recipe: ComputedRef<RecipeInfo | null>;
  readonly steps: ComputedRef<readonly FormStep[]>;
  readonly changed: ComputedRef<number>;
  readonly problems: ComputedRef<number>;
  readonly seedProblem: ComputedRef<string | null>;
  /** What would be queued; null while something typed is not valid. */
  readonly request: ComputedRef<RunRequest | null>;
  readonly type: (setting: Setting, text: string) => void;
}

const LARGEST_SEED = 2 ** 31 - 1;

/** The draft read against the recipe it is of. */
export function useRunForm(): RunForm {
  const recipes = useRecipes();
  const store = useRunDraft();
  const recipe = computed(() => recipes.byId.get(store.draft.recipe) ?? null);

  const steps = computed<FormStep[]>(() =>
    (recipe.value?.steps ?? []).map((step) => {
      const settings = settingsOf(step, store.draft.preset, {}).map((setting) => formSetting(setting, store.textOf(setting.path)));
      return { step, settings, changed: count(settings, (item) => item.isTyped), problems: count(settings, (item) => item.problem !== null) };
    }),
  );
  const problems = computed(() => steps.value.reduce((sum, step) => sum + step.problems, 0));
  const seedProblem = computed(() => (/^\d{1,10}$/.test(store.draft.seed.trim()) && Number(store.draft.seed) <= LARGEST_SEED ? null : strings.runs.seedProblem(LARGEST_SEED)));
  const request = computed<RunRequest | null>(() => {
    if (recipe.value === null || problems.value > 0 || seedProblem.value !== null) return null;
    const overrides: Record<string, Json> = {};
    for (const { settings } of steps.value) for (const { isTyped, path, value } of settings) if (isTyped) overrides[path] = value;
    const { preset, backend, seed } = store.draft;
    return { recipe: recipe.value.id, preset, overrides, seed: Number(seed), backend };
  });

  function type(setting: Setting, text: string): void {
    // Compared as text: "0.50" on the way to "0.503" must stay as typed.
    store.setText(setting.path, text === toText(setting.base) ? undefined : text);
  }

  return { recipe, steps, changed: computed(() => steps.value.reduce((sum, step) => sum + step.changed, 0)), problems, seedProblem, request, type };
}

function formSetting(setting: Setting, typed: string | undefined): FormSetting {
  const base = { ...setting, text: toText(setting.base), isTyped: false, problem: null };
  if (typed === undefined) return base;
  const parsed = parseText(setting.field, typed);
  if (!parsed.ok) return { ...setting, origin: 'changed', text: typed, isTyped: true, problem: parsed.problem };
  // The same text may be no change any more under another preset.
  return isSame(parsed.value, setting.base) ? { ...base, text: typed } : { ...setting, value: parsed.value, origin: 'changed', text: typed, isTyped: true, problem: null };
}

function count<T>(items: readonly T[], isCounted: (item: T) => boolean): number {
  return items.filter(isCounted).length;
}
