import * as z from 'zod';
import type { RecipeInfo } from '#shared/contract/runs.ts';
import type { Recipe } from '../recipe.ts';

type StepInfo = RecipeInfo['steps'][number];
type Field = StepInfo['fields'][number];

/** A recipe as clients see it: steps, their settings with range, unit and source, and what each preset changes. */
export function describeRecipe(recipe: Recipe): RecipeInfo {
  return {
    id: recipe.id,
    title: recipe.title,
    summary: recipe.summary,
    steps: Object.entries(recipe.steps).map(([name, step]) => ({
      step: name,
      stage: step.stage.id,
      title: step.stage.title,
      inputs: { ...step.from },
      reads: [...step.stage.reads],
      output: step.stage.output,
      fields: describeFields(step.stage.config),
      presets: { quick: jsonRecord(step.presets.quick ?? {}), full: jsonRecord(step.presets.full ?? {}) },
    })),
  };
}

/** One field a setting, in the order of the schema. */
function describeFields(config: z.ZodObject): Field[] {
  return Object.entries(config.shape as Readonly<Record<string, z.ZodType>>).map(([key, field]) => {
    const whole = z.record(z.string(), z.json()).parse(z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }));
    const { title, unit, source, default: fallback, ...schema } = whole;
    delete schema['$schema'];
    delete schema['keyedOffDefault'];
    return {
      key,
      title: textOr(title, key),
      schema,
      default: fallback ?? null,
      unit: textOrNull(unit),
      source: textOrNull(source),
    };
  });
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function jsonRecord(values: Readonly<Record<string, unknown>>): Record<string, z.core.util.JSONType> {
  return z.record(z.string(), z.json()).parse(values);
}
