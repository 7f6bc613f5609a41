import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { Overrides, Preset } from '#shared/domain/run.ts';
import type { Recipe, RecipeStep } from '../recipe.ts';

/** Parsed settings by step name. */
export type ResolvedConfigs = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Settings of every step: stage defaults, then the preset, then what was set by hand.
 * Throws STAGE_CONFIG_INVALID naming step.key, the value and what would be accepted.
 */
export function resolveConfigs(recipe: Recipe, preset: Preset, overrides: Overrides): ResolvedConfigs {
  const set = groupByStep(recipe, overrides);
  const resolved: Record<string, Readonly<Record<string, unknown>>> = {};
  for (const [name, step] of Object.entries(recipe.steps)) {
    resolved[name] = resolveStep(name, step, preset, set[name] ?? {});
  }
  return resolved;
}

function resolveStep(
  name: string,
  step: RecipeStep,
  preset: Preset,
  set: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const shape = step.stage.config.shape as Readonly<Record<string, z.ZodType>>;
  const fromPreset = step.presets[preset] ?? {};
  for (const key of Object.keys(fromPreset)) {
    if (!Object.hasOwn(shape, key)) throw unknownKey(name, step, key, `preset "${preset}" of the recipe`);
  }
  for (const key of Object.keys(set)) {
    if (!Object.hasOwn(shape, key)) throw unknownKey(name, step, key, 'a setting');
  }
  const merged = { ...fromPreset, ...set };
  const parsed = step.stage.config.safeParse(merged);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = String(issue?.path[0] ?? '');
  const field = shape[key];
  const value = merged[key];
  const written = value === undefined ? 'nothing' : JSON.stringify(value);
  const accepted = field === undefined ? (issue?.message ?? 'other values') : describeAccepted(field);
  throw new PenumbraError(
    'STAGE_CONFIG_INVALID',
    `${name}.${key} = ${written}: ${issue?.message ?? 'not accepted'}; expected ${accepted}`,
    {
      remedy: `Set it to a value in range, such as --set ${name}.${key}=${exampleValue(field)}, or leave it out for the default.`,
      details: { step: name, key, value: jsonOrNull(value), expected: accepted },
    },
  );
}

function groupByStep(recipe: Recipe, overrides: Overrides): Record<string, Record<string, unknown>> {
  const grouped: Record<string, Record<string, unknown>> = {};
  for (const [path, value] of Object.entries(overrides)) {
    const dot = path.indexOf('.');
    const step = path.slice(0, dot);
    if (!Object.hasOwn(recipe.steps, step)) {
      const steps = Object.keys(recipe.steps);
      throw new PenumbraError(
        'STAGE_CONFIG_INVALID',
        `"${path}": recipe "${recipe.id}" has no step "${step}"${nearest(step, steps)}; its steps are ${steps.join(', ')}`,
        {
          remedy: 'Write settings as step.key=value with a step of this recipe.',
          details: { step, recipe: recipe.id, expected: steps },
        },
      );
    }
    (grouped[step] ??= {})[path.slice(dot + 1)] = value;
  }
  return grouped;
}

function unknownKey(step: string, recipeStep: RecipeStep, key: string, where: string): PenumbraError {
  const keys = Object.keys(recipeStep.stage.config.shape);
  const { title } = recipeStep.stage;
  return new PenumbraError(
    'STAGE_CONFIG_INVALID',
    `${step}.${key}: "${title}" has no setting "${key}"${nearest(key, keys)} (${where}); its settings are ${keys.join(', ')}`,
    {
      remedy: 'Use one of the settings listed; `penumbra recipes` shows them with their ranges.',
      details: { step, key, expected: keys },
    },
  );
}

/** "a whole number from 1 to 200", "one of: a, b", from the schema itself. */
function describeAccepted(field: z.ZodType): string {
  const schema = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return describeSchema(schema);
}

interface JsonSchema {
  readonly type?: string | undefined;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly default?: unknown;
}

function describeSchema(schema: JsonSchema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.map((item) => JSON.stringify(item)).join(', ')}`;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(describeSchema).join(', or ');
  switch (schema.type) {
    case 'integer':
      return `a whole number${describeRange(schema)}`;
    case 'number':
      return `a number${describeRange(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    case 'null':
      return 'null';
    case 'array':
      return schema.items === undefined ? 'a list' : `a list, each ${describeSchema(schema.items)}`;
    default:
      return 'another value';
  }
}

function describeRange(schema: JsonSchema): string {
  // zod writes the bounds of safe integers, which say nothing to a reader.
  const low = schema.minimum !== undefined && schema.minimum > Number.MIN_SAFE_INTEGER ? ` from ${String(schema.minimum)}` : '';
  const above = schema.exclusiveMinimum === undefined ? '' : ` above ${String(schema.exclusiveMinimum)}`;
  const high = schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER ? ` up to ${String(schema.maximum)}` : '';
  const below = schema.exclusiveMaximum === undefined ? '' : ` below ${String(schema.exclusiveMaximum)}`;
  return low + above + high + below;
}

function exampleValue(field: z.ZodType | undefined): string {
  if (field === undefined) return 'VALUE';
  const fallback = (z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }) as JsonSchema).default;
  return fallback === undefined ? 'VALUE' : JSON.stringify(fallback);
}

function jsonOrNull(value: unknown): z.core.util.JSONType {
  const parsed = z.json().safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** ` (did you mean "x"?)` when one name is within two edits of what was written. */
function nearest(written: string, names: readonly string[]): string {
  let best: string | null = null;
  let bestDistance = 3;
  for (const name of names) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best === null ? '' : ` (did you mean "${best}"?)`;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
