import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { recipes } from '#main/ml/recipes/index.ts';
import { describeRecipe } from '#main/ml/pipeline/describe.ts';
import { accepted, parseText, toText, type ConfigField } from './field-text.ts';

/** Hundreds of values take a second alone, and many when every core is taken. */
const BUSY_MACHINE_MS = 60_000;

const field = (schema: z.ZodType): ConfigField => {
  const described = z.record(z.string(), z.json()).parse(z.toJSONSchema(schema, { io: 'input' }));
  return { key: 'key', title: 'Title', schema: described, default: null, unit: null, source: null };
};

describe('parseText', () => {
  const SCHEMAS = {
    'whole number 1..500': z.int().min(1).max(500),
    'number 0..0.5': z.number().min(0).max(0.5),
    'number above 0': z.number().gt(0).lt(10),
    'one of two': z.enum(['prior', 'xavier']),
    name: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
    flag: z.boolean(),
    'number or nothing': z.int().min(0).max(100).nullable(),
    'list of numbers': z.array(z.number().min(0.1).max(4)).min(1).max(12),
  };

  it.each(Object.entries(SCHEMAS))('%s: takes what the schema takes, and nothing else', (_name, schema) => {
    const value = fc.oneof(fc.integer({ min: -600, max: 600 }), fc.double({ noNaN: true, min: -1, max: 11 }).map((number) => number + 0 /* no text reads as minus zero */), fc.constantFrom('prior', 'xavier', 'other', 'a b', 'train'), fc.boolean(), fc.constant(null), fc.array(fc.double({ noNaN: true, min: 0, max: 5 }), { maxLength: 14 }));
    fc.assert(
      fc.property(value, (sample) => {
        const text = toText(sample);
        const parsed = parseText(field(schema), text);
        const oracle = schema.safeParse(sample);
        // A text holds no type, so what reads alike is alike: compare where the schema's own type was written.
        if (oracle.success) expect(parsed).toEqual({ ok: true, value: sample });
        else if (parsed.ok) expect(schema.safeParse(parsed.value).success).toBe(true);
      }),
    );
  }, BUSY_MACHINE_MS);

  it.each([
    ['', 'Nothing is entered; expected: a whole number from 1 to 500.'],
    ['abc', '“abc” does not fit; expected: a whole number from 1 to 500.'],
    ['0x10', '“0x10” does not fit; expected: a whole number from 1 to 500.'],
    ['1.5', '“1.5” does not fit; expected: a whole number from 1 to 500.'],
    ['501', '“501” does not fit; expected: a whole number from 1 to 500.'],
  ])('"%s" is explained', (text, problem) => {
    expect(parseText(field(z.int().min(1).max(500)), text)).toEqual({ ok: false, problem });
  });
});

describe('the settings of every recipe', () => {
  const fields = recipes.flatMap((recipe) => describeRecipe(recipe).steps.flatMap((step) => step.fields.map((item) => [`${recipe.id} ${step.step}.${item.key}`, item] as const)));

  it('hold defaults that read back as themselves, and say what they accept', () => {
    for (const [name, item] of fields) {
      expect(parseText(item, toText(item.default)), name).toEqual({ ok: true, value: item.default });
      expect(accepted(item), name).not.toBe('JSON');
    }
  });
});
