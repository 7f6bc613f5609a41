import * as z from 'zod';
import { replySchema, type CallDefinition, type Reply } from '#shared/contract/define.ts';
import { ErrorValue, PenumbraError } from '#shared/errors.ts';
import { followEvents, type ClientEvent } from './events.ts';
import { exchange, type CoreAddress, type HttpAnswer } from './transport.ts';

/** The one client of the API: the command line and the tests speak through it. */
export interface Client {
  readonly address: CoreAddress;
  /** Answers with the parsed output; throws the core's error value as `PenumbraError`. */
  call<I extends z.ZodType, O extends z.ZodType>(definition: CallDefinition<I, O>, input: z.input<I>): Promise<z.output<O>>;
  /** Bytes of a blob. */
  getBlob(name: string, id: string): Promise<HttpAnswer>;
  putBlob<O extends z.ZodType>(name: string, id: string, bytes: Uint8Array, output: O): Promise<z.output<O>>;
  /** Events after number `after` (`system.hello` tells the newest), over reconnections, until `signal` aborts; a gap shows as `system.resync`. */
  events(options: { after: number; signal: AbortSignal }): AsyncGenerator<ClientEvent, void, undefined>;
}

const Failure = z.object({ ok: z.literal(false), error: ErrorValue });

export function createClient(address: CoreAddress): Client {
  return {
    address,

    async call(definition, input) {
      const answer = await exchange(address, {
        method: 'POST',
        path: `/api/call/${definition.name}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input),
      });
      return readReply(definition.name, answer, definition.output);
    },

    async getBlob(name, id) {
      const answer = await exchange(address, { method: 'GET', path: `/api/blob/${name}/${encodeURIComponent(id)}` });
      if (answer.status >= 400) throw readFailure(`blob ${name}`, answer);
      return answer;
    },

    async putBlob(name, id, bytes, output) {
      const answer = await exchange(address, { method: 'PUT', path: `/api/blob/${name}/${encodeURIComponent(id)}`, body: bytes });
      return readReply(`blob ${name}`, answer, output);
    },

    events: (options) => followEvents(address, options),
  };
}

function readReply<O extends z.ZodType>(what: string, answer: HttpAnswer, output: O): z.output<O> {
  if (answer.status >= 400) throw readFailure(what, answer);
  const reply = replySchema(output).safeParse(parseJson(answer));
  if (!reply.success) throw notUnderstood(what, answer, z.prettifyError(reply.error));
  // zod's own type of the union is beyond what the compiler narrows for an open O.
  const data = reply.data as Reply<z.output<O>>;
  if (!data.ok) throw PenumbraError.fromValue(data.error);
  return data.value;
}

function readFailure(what: string, answer: HttpAnswer): PenumbraError {
  const failure = Failure.safeParse(parseJson(answer));
  return failure.success ? PenumbraError.fromValue(failure.data.error) : notUnderstood(what, answer, 'no error value in the answer');
}

function parseJson(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function notUnderstood(what: string, answer: HttpAnswer, why: string): PenumbraError {
  return new PenumbraError('INTERNAL', `${what}: the core's answer (status ${answer.status}) is not understood: ${why}`, {
    remedy: 'Core and client may be of different versions: end all Penumbra processes of this project and start again.',
    details: { status: answer.status },
  });
}
