import type * as z from 'zod';
import type { Preset } from '#shared/domain/run.ts';
import type { ArtifactKind } from '#shared/domain/artifact.ts';
import type { StageDefinition } from './stage.ts';

type AnyStage = StageDefinition<z.ZodObject, Record<string, { kind: ArtifactKind; optional?: boolean; summary: string }>>;

/** A stage in its place in a recipe: where its inputs come from and what a preset changes. */
export interface RecipeStep {
  readonly stage: AnyStage;
  /** Input name of the stage to the name of the step that makes it. */
  readonly from: Readonly<Record<string, string>>;
  /** Values that differ from the stage's defaults, by preset. */
  readonly presets: Readonly<Partial<Record<Preset, Readonly<Record<string, unknown>>>>>;
}

/** A graph of stages that reads like the paper's pipeline figure. Steps are listed in an order that can be run. */
export interface Recipe {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly steps: Readonly<Record<string, RecipeStep>>;
}

/** Places a typed stage in a recipe. */
export function step<C extends z.ZodObject, K extends Record<string, { kind: ArtifactKind; optional?: boolean; summary: string }>>(
  stage: StageDefinition<C, K>,
  from: { readonly [N in keyof K]?: string },
  presets: Partial<Record<Preset, Partial<z.input<C>>>> = {},
): RecipeStep {
  // The stage's own types end here: the pipeline parses configs with stage.config and checks inputs by kind.
  return { stage, from: from as Readonly<Record<string, string>>, presets };
}
