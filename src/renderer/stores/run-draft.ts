import { useSessionStorage } from '@vueuse/core';
import { defineStore } from 'pinia';
import type { Overrides, Preset, RunSummary } from '#shared/domain/run.ts';

export type Backend = 'auto' | 'native' | 'webgpu' | 'cpu';

interface Draft {
  recipe: string;
  preset: Preset;
  /** As typed, valid or not. */
  seed: string;
  backend: Backend;
  /** What was typed into settings, by recipe and path; only where it differs from what would hold anyway. */
  texts: Record<string, Record<string, string>>;
}

const EMPTY: Draft = { recipe: '', preset: 'quick', seed: '0', backend: 'auto', texts: {} };

/** The run that is being put together. It stays as typed while the user looks elsewhere, and over a reload of the page. */
export const useRunDraft = defineStore('run-draft', () => {
  const draft = useSessionStorage<Draft>('penumbra.runDraft', EMPTY, { mergeDefaults: true });

  function textOf(path: string): string | undefined {
    return draft.value.texts[draft.value.recipe]?.[path];
  }

  /** `undefined` goes back to what preset and default give. */
  function setText(path: string, text: string | undefined): void {
    const others = Object.entries(draft.value.texts[draft.value.recipe] ?? {}).filter(([other]) => other !== path);
    draft.value.texts[draft.value.recipe] = Object.fromEntries(text === undefined ? others : [...others, [path, text]]);
  }

  function clearTexts(): void {
    draft.value.texts[draft.value.recipe] = {};
  }

  /** Begins with what a run had; `texts` are its overrides as text. */
  function startFrom(run: RunSummary, texts: (overrides: Overrides) => Record<string, string>): void {
    draft.value = { ...draft.value, recipe: run.recipe, preset: run.preset, seed: String(run.seed), texts: { ...draft.value.texts, [run.recipe]: texts(run.overrides) } };
  }

  return { draft, textOf, setText, clearTexts, startFrom };
});
