import type { RecipeInfo } from '#shared/contract/runs.ts';
import type { Overrides, Preset } from '#shared/domain/run.ts';
import { isSame, type ConfigField, type Json } from './field-text.ts';

export type RecipeStep = RecipeInfo['steps'][number];

/** Where a value comes from: the stage's default, the preset of the recipe, or this run. */
export type Origin = 'default' | 'preset' | 'changed';

export interface Setting {
  readonly path: string;
  readonly field: ConfigField;
  readonly value: Json;
  /** The value without this run's own changes. */
  readonly base: Json;
  readonly origin: Origin;
}

/** The settings of one step as a run has them. */
export function settingsOf(step: RecipeStep, preset: Preset, overrides: Overrides): Setting[] {
  return step.fields.map((field) => {
    const path = `${step.step}.${field.key}`;
    const preferred = step.presets[preset][field.key];
    const base = preferred ?? field.default;
    const own = overrides[path];
    const value = own ?? base;
    const origin = own !== undefined && !isSame(own, base) ? 'changed' : isSame(base, field.default) ? 'default' : 'preset';
    return { path, field, value, base, origin };
  });
}

/** Settings of a run that differ from its preset, by path; settings that this recipe no longer has included. */
export function changedSettings(recipe: RecipeInfo | null, preset: Preset, overrides: Overrides): { readonly path: string; readonly value: Json }[] {
  const bases = new Map(recipe?.steps.flatMap((step) => settingsOf(step, preset, {}).map(({ path, base }) => [path, base] as const)));
  return Object.entries(overrides)
    .filter(([path, value]) => !bases.has(path) || !isSame(value, bases.get(path)))
    .map(([path, value]) => ({ path, value }));
}
