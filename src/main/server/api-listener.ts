import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PenumbraError } from '#shared/errors.ts';
import type { Api } from '../api/api.ts';
import { readBody } from './body.ts';
import { sendBlob } from './blob-transfer.ts';
import { answerCall, expectMethod, expectProject, refuseRequest } from './call-request.ts';
import { streamEvents } from './event-stream.ts';
import { sendJson, shuttingDown } from './replies.ts';

export type HttpListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface ApiListener {
  readonly handle: HttpListener;
  /** Refuses new requests from now on; event streams go on. */
  refuse(): void;
  /**
   * Refuses, waits for the requests that are running, then ends the event streams. `all`: calls are waited for however long they take, as an
   * import or an export may; else, and with blobs always, for a while.
   */
  drain(calls: 'all' | 'a-while'): Promise<void>;
}

/** A request that takes longer than this to end, such as a download nobody reads, is cut off at shutdown. */
const DRAIN_MS = 10_000;

/** The API over HTTP, under /api/. The same listener serves the socket and, behind the loopback guard, a browser. */
export function createApiListener(api: Api, options: { projectId: string; keepAliveMs?: number; drainMs?: number }): ApiListener {
  const streams = new Set<{ end(): void }>();
  const running = new Set<Promise<void>>();
  const calls = new Set<Promise<void>>();
  let refusing = false;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://core');
    const [root, area, name, id, ...more] = url.pathname.slice(1).split('/').map(decode);
    if (root !== 'api' || area === undefined || more.length > 0) throw unknownAddress(url.pathname);
    if (refusing) throw shuttingDown();
    expectProject(request, options.projectId);
    if (area === 'call' && name !== undefined && id === undefined) {
      const call = answerCall(api, request, response, name).finally(() => calls.delete(call));
      calls.add(call);
      return call;
    }
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
          refuseRequest(request, response, thrown);
        })
        .finally(() => running.delete(work));
      running.add(work);
    },
    refuse() {
      refusing = true;
    },
    async drain(which) {
      refusing = true;
      if (which === 'all') await Promise.allSettled(calls);
      const patience = sleep(options.drainMs ?? DRAIN_MS, undefined, { ref: false });
      await Promise.race([Promise.all(running), patience]);
      for (const stream of streams) stream.end();
    },
  };
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
