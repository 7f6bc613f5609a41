import { events, type AnyEvent } from '#shared/contract/index.ts';
import { EventEnvelope, type EventPayload } from '#shared/contract/define.ts';
import { readRefusal } from './reply.ts';

/** A parsed event: `name` tells the type of `payload`. */
export type CoreEvent = {
  [N in AnyEvent['name']]: { readonly number: number; readonly name: N; readonly payload: EventPayload<Extract<AnyEvent, { readonly name: N }>> };
}[AnyEvent['name']];

const payloads = new Map(events.map((definition) => [definition.name as string, definition.payload]));

/** One connection's worth of events after number `after`; ends when the connection does. Throws what the server refuses with. */
export async function* readEvents(after: number, signal: AbortSignal): AsyncGenerator<CoreEvent, void, undefined> {
  const answer = await fetch(`/api/events?after=${after}`, { signal, cache: 'no-store' });
  if (!answer.ok || answer.body === null) throw readRefusal('events', answer.status, await answer.json().catch(() => undefined));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const lines = (rest + chunk.value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = line === '' ? null : parseEvent(line);
        if (event !== null) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Null for events that this page does not know. */
function parseEvent(line: string): CoreEvent | null {
  const envelope = EventEnvelope.parse(JSON.parse(line));
  const schema = payloads.get(envelope.name);
  if (schema === undefined) return null;
  return { number: envelope.number, name: envelope.name, payload: schema.parse(envelope.payload) } as CoreEvent;
}
