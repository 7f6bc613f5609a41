import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { artifactKey, canonicalJson, keyedConfig, type KeyParts } from './keys.ts';

const parts: KeyParts = {
  stage: 'make-cams',
  stageVersion: 3,
  config: { scales: [0.75, 1], flip: true },
  inputs: { classifier: '0'.repeat(32) },
  sources: { photos: 'abc' },
  seed: 1,
  backend: 'native-cpu',
};

describe('artifactKey', () => {
  it('stays what it was: a changed key would throw away every artifact made so far', () => {
    // printf '%s' '{"backend":…}' | sha256sum, first 32 hex digits
    expect(artifactKey(parts)).toBe('17772769af9aea603924bb742e4901c9');
  });

  it('does not depend on the order of members', () => {
    expect(artifactKey({ ...parts, config: { flip: true, scales: [0.75, 1] } })).toBe(artifactKey(parts));
  });

  it.each<[string, Partial<KeyParts>]>([
    ['stage', { stage: 'other' }],
    ['version', { stageVersion: 4 }],
    ['config value', { config: { scales: [0.75, 1], flip: false } }],
    ['config list order', { config: { scales: [1, 0.75], flip: true } }],
    ['config member', { config: { scales: [0.75, 1] } }],
    ['input', { inputs: { classifier: '1'.repeat(32) } }],
    ['input name', { inputs: { model: '0'.repeat(32) } }],
    ['source', { sources: { photos: 'abd' } }],
    ['seed', { seed: 2 }],
    ['no seed', { seed: null }],
    ['backend', { backend: 'webgpu-gpu' }],
  ])('changes with %s', (_name, change) => {
    expect(artifactKey({ ...parts, ...change })).not.toBe(artifactKey(parts));
  });
});

describe('keyedConfig', () => {
  const schema = z.strictObject({ old: z.int().default(1), late: z.array(z.int()).default([2]).meta({ title: 'late', keyedOffDefault: true }) });

  it('leaves out a later setting at its default, whatever was said of it', () => {
    expect(keyedConfig(schema, schema.parse({}))).toEqual({ old: 1 });
    expect(keyedConfig(schema, schema.parse({ old: 3, late: [2] }))).toEqual({ old: 3 });
  });

  it('holds it as soon as it has another value, and what no schema names', () => {
    expect(keyedConfig(schema, schema.parse({ late: [2, 2] }))).toEqual({ old: 1, late: [2, 2] });
    expect(keyedConfig(schema, { old: 1, other: null })).toEqual({ old: 1, other: null });
  });
});

describe('canonicalJson', () => {
  it('reads back as the same value, and the same value always writes the same text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        // JSON has no negative zero
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('leaves out undefined members and refuses what JSON cannot hold', () => {
    expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
    expect(() => canonicalJson({ a: Number.NaN })).toThrow('NaN is not a finite number');
    expect(() => canonicalJson({ a: 1n })).toThrow('cannot write a bigint');
  });
});
