import { setTimeout as sleep } from 'node:timers/promises';
import { events, type AnyEvent } from '#shared/contract/index.ts';
import { EventEnvelope, type EventPayload } from '#shared/contract/define.ts';
import { ErrorValue, PenumbraError } from '#shared/errors.ts';
import { connectionLost, openAnswer, type CoreAddress } from './transport.ts';

/** A parsed event: `name` tells the type of `payload`. */
export type ClientEvent = {
  [N in AnyEvent['name']]: { readonly number: number; readonly name: N; readonly payload: EventPayload<Extract<AnyEvent, { readonly name: N }>> };
}[AnyEvent['name']];

const payloads = new Map(events.map((definition) => [definition.name as string, definition.payload]));

const RETRY_MS = 200;
/** A core that has not answered for so long is gone; a restarted one would have answered. */
const GIVE_UP_AFTER_MS = 10_000;

/**
 * Follows the event stream over reconnections. Ends when `signal` aborts.
 * Throws SHUTTING_DOWN when the core stays away, and whatever else the core refuses with (such as UNAUTHORIZED).
 */
export async function* followEvents(
  address: CoreAddress,
  options: { after: number; signal: AbortSignal },
): AsyncGenerator<ClientEvent, void, undefined> {
  const { signal } = options;
  const isOver = (): boolean => signal.aborted;
  let after = options.after;
  let awayMs = 0;
  while (!isOver()) {
    try {
      for await (const event of readStream(address, after, signal)) {
        awayMs = 0;
        after = event.number;
        yield event;
      }
    } catch (thrown) {
      if (isOver()) return;
      const isAway = thrown instanceof PenumbraError && thrown.code === 'SHUTTING_DOWN';
      const isGone = isAway && 'socketPath' in address && thrown.details['gone'] === true;
      if (!isAway || isGone || awayMs >= GIVE_UP_AFTER_MS) throw thrown;
    }
    awayMs += RETRY_MS;
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** One connection's worth of events. */
async function* readStream(
  address: CoreAddress,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ClientEvent, void, undefined> {
  const answer = await openAnswer(address, { method: 'GET', path: `/api/events?after=${after}`, signal });
  answer.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of answer as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((item) => item !== '')) {
        const event = parseEvent(line);
        if (event !== null) yield event;
      }
    }
  } catch (thrown) {
    throw thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNRESET' ? connectionLost(thrown) : thrown;
  }
  if (answer.statusCode !== 200) throw refusal(rest);
}

/** Null for events this version does not know. */
function parseEvent(line: string): ClientEvent | null {
  const envelope = EventEnvelope.parse(JSON.parse(line));
  const schema = payloads.get(envelope.name);
  if (schema === undefined) return null;
  return { number: envelope.number, name: envelope.name, payload: schema.parse(envelope.payload) } as ClientEvent;
}

function refusal(line: string): PenumbraError {
  const body = JSON.parse(line) as { error?: unknown };
  return PenumbraError.fromValue(ErrorValue.parse(body.error));
}
