import * as z from 'zod';
import { replySchema, type Reply } from '#shared/contract/define.ts';
import { ErrorValue, PenumbraError } from '#shared/errors.ts';
import { strings } from '../strings/index.ts';

const Failure = z.object({ ok: z.literal(false), error: ErrorValue });

/** The value of a reply. Throws the error value it carries, or INTERNAL when it is not a reply of this version. */
export function readReply<O extends z.ZodType>(what: string, status: number, body: unknown, output: O): z.output<O> {
  const failure = Failure.safeParse(body);
  if (failure.success) throw PenumbraError.fromValue(failure.data.error);
  const reply = replySchema(output).safeParse(body);
  if (!reply.success || status >= 400) throw notUnderstood(what, status);
  // zod's own type of the union is beyond what the compiler narrows for an open O.
  const data = reply.data as Reply<z.output<O>>;
  if (!data.ok) throw PenumbraError.fromValue(data.error);
  return data.value;
}

/** What an answer that is not OK says: its error value, or that it is not understood. */
export function readRefusal(what: string, status: number, body: unknown): PenumbraError {
  const failure = Failure.safeParse(body);
  return failure.success ? PenumbraError.fromValue(failure.data.error) : notUnderstood(what, status);
}

function notUnderstood(what: string, status: number): PenumbraError {
  return new PenumbraError('INTERNAL', strings.trouble.notUnderstood.message(what, status), {
    remedy: strings.trouble.notUnderstood.remedy,
    details: { status },
  });
}
