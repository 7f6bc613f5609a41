import * as z from 'zod';

/** Settings that several training stages share; each stage gives its own default and source. */

interface Meaning {
  readonly title: string;
  readonly source: string;
  readonly unit?: string;
}

export const count = (fallback: number, from: number, to: number, meaning: Meaning) => z.int().min(from).max(to).default(fallback).meta({ ...meaning });

export const amount = (fallback: number, from: number, to: number, meaning: Meaning) => z.number().min(from).max(to).default(fallback).meta({ ...meaning });

export const flag = (fallback: boolean, meaning: Meaning) => z.boolean().default(fallback).meta({ ...meaning });

export const splitName = (fallback: string, meaning: Meaning) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/)
    .default(fallback)
    .meta({ ...meaning });

export const splitNames = (fallback: string[], meaning: Meaning) =>
  z
    .array(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/))
    .min(1)
    .default(fallback)
    .meta({ ...meaning });

export const scaleList = (fallback: number[], meaning: Meaning) => z.array(z.number().min(0.1).max(4)).min(1).max(12).default(fallback).meta({ ...meaning });

/** A setting that a stage got later (docs/adr/0013). */
export function keyedOffDefault<T extends z.ZodType>(field: T): T {
  return field.meta({ keyedOffDefault: true });
}

/** On two processor cores nothing is gained; numbers then differ in the last bits from those of one photo at a time. */
export const photosAtATime = keyedOffDefault(count(1, 1, 64, { title: 'Photos of one size that go through the network together', unit: 'photos', source: 'this project: fills GPUs' }));
