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

  /** Returns what brings back the draft as it was. */
  function clearTexts(): () => void {
    const back = keep();
    draft.value = { ...draft.value, texts: { ...draft.value.texts, [draft.value.recipe]: {} } };
    return back;
  }

  /** Begins with what a run had; `texts` are its overrides as text. Returns what brings back what was typed before; null where nothing was. */
  function startFrom(run: RunSummary, texts: (overrides: Overrides) => Record<string, string>): (() => void) | null {
    const back = Object.keys(draft.value.texts[run.recipe] ?? {}).length === 0 ? null : keep();
    draft.value = { ...draft.value, recipe: run.recipe, preset: run.preset, seed: String(run.seed), texts: { ...draft.value.texts, [run.recipe]: texts(run.overrides) } };
    return back;
  }

  function keep(): () => void {
    const before = JSON.stringify(draft.value);
    return () => (draft.value = JSON.parse(before) as Draft);
  }

  return { draft, textOf, setText, clearTexts, startFrom };
});
