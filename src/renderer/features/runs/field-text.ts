import type { RecipeInfo } from '#shared/contract/runs.ts';
import { strings } from '../../strings/index.ts';

/** Settings as people read and type them. The schema of a setting is the core's; it has the last word in `runs.check`. */

export type ConfigField = RecipeInfo['steps'][number]['fields'][number];
export type Json = ConfigField['default'];
export type Control = 'flag' | 'choice' | 'text';

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly anyOf?: readonly Schema[];
}

const words = strings.runs.accepted;

type Parsed = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string };

export function controlOf(field: ConfigField): Control {
  const schema: Schema = field.schema;
  if (schema.type === 'boolean') return 'flag';
  return schema.enum === undefined ? 'text' : 'choice';
}

export function choicesOf(field: ConfigField): string[] {
  const schema: Schema = field.schema;
  return (schema.enum ?? []).map(String);
}

/** A value as it stands in its field: lists with commas. */
export function toText(value: Json): string {
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What the field accepts: `a whole number from 1 to 500`. */
export function accepted(field: ConfigField): string {
  return describe(field.schema);
}

/** The value that a text stands for, or what is wrong with it. */
export function parseText(field: ConfigField, text: string): Parsed {
  const schema: Schema = field.schema;
  const shown = text.trim() === '' ? words.nothing : words.unfit(text.trim());
  const value = (schema.anyOf ?? [schema]).map((one) => readFitting(one, text.trim())).find((one) => one !== undefined);
  if (value === undefined) return { ok: false, problem: words.expected(shown, describe(schema)) };
  return { ok: true, value };
}

export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function readFitting(schema: Schema, text: string): Json | undefined {
  const value = read(schema, text);
  return value !== undefined && fits(schema, value) ? value : undefined;
}

function read(schema: Schema, text: string): Json | undefined {
  switch (schema.type) {
    case 'integer':
    case 'number': {
      // Number() also takes "0x10" and "", which nobody means.
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
    }
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'string':
      return text;
    case 'null':
      return text === 'null' ? null : undefined;
    case 'array': {
      const items = text === '' ? [] : text.split(/[,\s]+/).filter((item) => item !== '').map((item) => read(schema.items ?? {}, item));
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    default:
      try {
        return JSON.parse(text) as Json;
      } catch {
        return undefined;
      }
  }
}

function fits(schema: Schema, value: Json): boolean {
  if (schema.enum !== undefined) return schema.enum.includes(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (schema.type === 'integer' && !Number.isSafeInteger(value))) return false;
    if (schema.minimum !== undefined && value < schema.minimum) return false;
    if (schema.maximum !== undefined && value > schema.maximum) return false;
    if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) return false;
    return schema.exclusiveMaximum === undefined || value < schema.exclusiveMaximum;
  }
  if (typeof value === 'string') return schema.pattern === undefined || new RegExp(schema.pattern).test(value);
  if (!Array.isArray(value)) return true;
  const { items } = schema;
  if (value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Infinity)) return false;
  return items === undefined || value.every((item) => fits(items, item));
}

function describe(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(describe).join(words.or);
  if (schema.enum !== undefined) return words.oneOf(schema.enum.map(String).join(', '));
  switch (schema.type) {
    case 'integer':
      return `${words.integer}${range(schema)}`;
    case 'number':
      return `${words.number}${range(schema)}`;
    case 'boolean':
      return words.flag;
    case 'null':
      return 'null';
    case 'string':
      return schema.pattern === '^[A-Za-z0-9_.-]{1,64}$' ? words.plainName : words.text;
    case 'array':
      return words.list(listLength(schema), schema.items === undefined ? null : describe(schema.items));
    default:
      return 'JSON';
  }
}

function listLength({ minItems = 0, maxItems }: Schema): string {
  if (maxItems !== undefined) return words.fromTo(minItems, maxItems);
  return minItems > 0 ? words.atLeast(minItems) : words.values;
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  // Bounds of safe integers say nothing to a reader.
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  return [
    low === undefined ? '' : words.from(low),
    exclusiveMinimum === undefined ? '' : words.above(exclusiveMinimum),
    high === undefined ? '' : low === undefined ? words.upTo(high) : words.to(high),
    exclusiveMaximum === undefined ? '' : words.below(exclusiveMaximum),
  ].join('');
}
