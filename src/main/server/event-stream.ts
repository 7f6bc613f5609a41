import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventHub } from '../api/event-hub.ts';
import type { EventEnvelope } from '#shared/contract/define.ts';
import { PenumbraError } from '#shared/errors.ts';

/** A reader that lags this far behind is cut off; it comes back with `after` and gets the rest or a resync. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

/**
 * Writes events as NDJSON until the client leaves or `end` is called. An empty line is sent every `keepAliveMs`, so that
 * both sides notice a dead connection. `?after=N` resumes; without it the stream starts at the newest event.
 */
export function streamEvents(
  hub: EventHub,
  request: IncomingMessage,
  response: ServerResponse,
  options: { after: string | null; keepAliveMs: number },
): { end(): void } {
  const after = readNumber(options.after) ?? hub.last;
  response.writeHead(200, {
    'Content-Type': 'application/x-ndjson; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  const send = (event: EventEnvelope): void => {
    response.write(`${JSON.stringify(event)}\n`);
    if (response.writableLength > MAX_UNSENT_BYTES) request.destroy();
  };

  const backlog = hub.after(after);
  if (backlog.complete) {
    // The first bytes let the client know that the stream stands, even when there is nothing to tell yet.
    response.write('\n');
    backlog.events.forEach(send);
  } else {
    const reason = `events between ${after} and ${hub.last} are gone`;
    send({ number: hub.last, name: 'system.resync', payload: { reason } });
  }
  const unsubscribe = hub.subscribe(send);
  const keepAlive = setInterval(() => response.write('\n'), options.keepAliveMs);
  const stop = (): void => {
    clearInterval(keepAlive);
    unsubscribe();
  };
  response.on('close', stop);
  return {
    end() {
      stop();
      response.end();
    },
  };
}

function readNumber(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw new PenumbraError('BAD_REQUEST', `events: after: "${text}" is not an event number`, {
    remedy: 'Use the number of the newest event seen, or leave it out.',
    details: { path: 'after' },
  });
}
