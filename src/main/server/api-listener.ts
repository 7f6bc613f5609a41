import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import type { Api } from '../api/api.ts';
import { parseJson, readBody } from './body.ts';
import { sendBlob } from './blob-transfer.ts';
import { streamEvents } from './event-stream.ts';
import { sendJson, sendTransportError, shuttingDown } from './replies.ts';

export type HttpListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface ApiListener {
  readonly handle: HttpListener;
  /** Refuses new requests from now on; event streams go on. */
  refuse(): void;
  /** Refuses, waits for the requests that are running, then ends the event streams. */
  drain(): Promise<void>;
}

/** After an early refusal the rest of an upload is swallowed this long, so that the sender gets to read the reply. */
const REFUSED_UPLOAD_MS = 1000;

/** A request that takes longer than this to end, such as a download nobody reads, is cut off at shutdown. */
const DRAIN_MS = 10_000;

/** The API over HTTP, under /api/. The same listener serves the socket and, behind the loopback guard, a browser. */
export function createApiListener(api: Api, options: { keepAliveMs?: number } = {}): ApiListener {
  const streams = new Set<{ end(): void }>();
  const running = new Set<Promise<void>>();
  let refusing = false;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://core');
    const [root, area, name, id, ...more] = url.pathname.slice(1).split('/').map(decode);
    if (root !== 'api' || area === undefined || more.length > 0) throw unknownAddress(url.pathname);
    if (refusing) throw shuttingDown();
    if (area === 'call' && name !== undefined && id === undefined) return answerCall(request, response, name);
    if (area === 'blob' && name !== undefined && id !== undefined) return answerBlob(request, response, name, id);
    if (area === 'events' && name === undefined) {
      expectMethod(request, ['GET']);
      const stream = streamEvents(api.events, request, response, {
        after: url.searchParams.get('after'),
        keepAliveMs: options.keepAliveMs ?? 15_000,
      });
      streams.add(stream);
      response.on('close', () => streams.delete(stream));
      return;
    }
    throw unknownAddress(url.pathname);
  }

  async function answerCall(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    expectMethod(request, ['POST']);
    // A page elsewhere can send text/plain without asking first; it cannot send JSON.
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
      throw new PenumbraError('BAD_REQUEST', `${name}: Content-Type is "${request.headers['content-type'] ?? 'absent'}"`, {
        remedy: 'Send a JSON object with Content-Type application/json.',
        details: { path: '' },
      });
    }
    const input = parseJson(await readBody(request, api.callLimit(name), name), name);
    const reply = await api.call(name, input);
    sendJson(response, !reply.ok && reply.error.code === 'NOT_FOUND' && reply.error.details['unknown'] === 'call' ? 404 : 200, reply);
  }

  async function answerBlob(request: IncomingMessage, response: ServerResponse, name: string, id: string): Promise<void> {
    expectMethod(request, ['GET', 'HEAD', 'PUT']);
    if (request.method === 'PUT') {
      const bytes = await readBody(request, api.blobLimit(name), `blob ${name}`);
      sendJson(response, 200, await api.writeBlob(name, id, bytes));
    } else {
      await sendBlob(request, response, await api.readBlob(name, id));
    }
  }

  return {
    handle(request, response) {
      const work = answer(request, response)
        .catch((thrown: unknown) => {
          refuse(request, response, thrown);
        })
        .finally(() => running.delete(work));
      running.add(work);
    },
    refuse() {
      refusing = true;
    },
    async drain() {
      refusing = true;
      const patience = sleep(DRAIN_MS, undefined, { ref: false });
      await Promise.race([Promise.all(running), patience]);
      for (const stream of streams) stream.end();
    },
  };
}

/** Answers a failure of transport. When the reply has begun, all that is left is to cut the connection. */
function refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (!request.complete) {
    response.setHeader('Connection', 'close');
    request.resume();
    setTimeout(() => request.destroy(), REFUSED_UPLOAD_MS).unref();
  }
  sendTransportError(response, toErrorValue(thrown));
}

function expectMethod(request: IncomingMessage, methods: readonly string[]): void {
  if (methods.includes(request.method ?? '')) return;
  throw new PenumbraError('BAD_REQUEST', `method ${request.method ?? ''} is not used here`, { remedy: `Use ${methods.join(' or ')}.` });
}

function unknownAddress(path: string): PenumbraError {
  return new PenumbraError('NOT_FOUND', `there is nothing at ${path}`, { remedy: 'Addresses are /api/call/NAME, /api/events and /api/blob/NAME/ID.' });
}

/** Malformed escapes stay as they are: they name nothing. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
