import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { replySchema, type CallDefinition } from '#shared/contract/define.ts';
import type { HttpAnswer } from '#main/client/transport.ts';
import type { Sample } from './call-samples.ts';

export interface CallPlace<C extends CallDefinition> {
  readonly calls: readonly C[];
  /** Calls whose success has a test of its own. */
  readonly apart: readonly string[];
  sampleOf(call: C): Sample;
  post(name: string, body: string): Promise<HttpAnswer>;
}

/** What holds for every call, of the core and of the host. */
export function describeEveryCall<C extends CallDefinition>(place: CallPlace<C>): void {
  const sampleOf = (call: C): Sample => place.sampleOf(call);
  const table = place.calls.map((call) => [call.name, call] as const);
  const ordinary = table.filter(([name]) => !place.apart.includes(name));
  const postJson = async (name: string, input: unknown): Promise<{ status: number; reply: unknown }> => {
    const answer = await place.post(name, JSON.stringify(input));
    return { status: answer.status, reply: JSON.parse(answer.bytes.toString()) as unknown };
  };

  describe('every call', () => {
    test.each(ordinary)('%s takes a valid input and answers by its contract', async (_name, call) => {
      const sample = sampleOf(call);
      const { status, reply } = await postJson(call.name, sample.input);
      const parsed = replySchema(call.output).parse(reply);
      expect(status).toBe(200);
      if (sample.fails === undefined) expect(parsed).toMatchObject({ ok: true });
      else {
        expect(parsed).toMatchObject({ ok: false, error: { code: sample.fails } });
        expect(call.errors).toContain(sample.fails);
      }
    });

    test.each(table)('%s refuses a field it does not know', async (_name, call) => {
      const { reply } = await postJson(call.name, { ...(sampleOf(call).input as object), surprise: 1 });
      expect(reply).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST', message: expect.stringContaining('surprise') as string } });
    });

    test.each(table)('%s refuses what is not an object', async (_name, call) => {
      for (const input of [null, [], 'text', 7]) {
        expect((await postJson(call.name, input)).reply).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST', details: { path: '' } } });
      }
    });

    test.each(table)('%s names the field that is malformed', async (_name, call) => {
      const sample = sampleOf(call).input as Record<string, unknown>;
      for (const field of Object.keys((call.input as z.ZodObject).shape)) {
        const { reply } = await postJson(call.name, { ...sample, [field]: { 'not what is expected': true } });
        expect(reply, field).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } });
        const { path } = (reply as { error: { details: { path: string } } }).error.details;
        expect(path.split('.')[0]).toBe(field);
      }
    });

    test.each(table)('%s names a required field that is missing', async (_name, call) => {
      const sample = sampleOf(call).input as Record<string, unknown>;
      for (const [field, schema] of Object.entries<z.ZodType>((call.input as z.ZodObject).shape)) {
        if (schema.safeParse(undefined).success) continue;
        const rest = Object.fromEntries(Object.entries(sample).filter(([name]) => name !== field));
        expect((await postJson(call.name, rest)).reply, field).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST', details: { path: field } } });
      }
    });
  });
}
