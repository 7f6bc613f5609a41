import type { IncomingMessage, ServerResponse } from 'node:http';
import { PROJECT_HEADER } from '#shared/contract/define.ts';
import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import type { CallTable } from '../api/call-table.ts';
import { parseJson, readBody } from './body.ts';
import { sendJson, sendTransportError } from './replies.ts';

/**
 * After an early refusal the rest of an upload is swallowed this long, so that the sender gets to read the reply: one whose
 * connection is closed while it writes may never see it.
 */
const REFUSED_UPLOAD_MS = 1000;

/** Answers POST …/call/NAME. Throws what transport itself refuses. */
export async function answerCall(calls: CallTable, request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
  expectMethod(request, ['POST']);
  // A page elsewhere can send text/plain without asking first; it cannot send JSON.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new PenumbraError('BAD_REQUEST', `${name}: Content-Type is "${request.headers['content-type'] ?? 'absent'}"`, {
      remedy: 'Send a JSON object with Content-Type application/json.',
      details: { path: '' },
    });
  }
  const input = parseJson(await readBody(request, calls.callLimit(name), name), name);
  const reply = await calls.call(name, input);
  sendJson(response, !reply.ok && reply.error.code === 'NOT_FOUND' && reply.error.details['unknown'] === 'call' ? 404 : 200, reply);
}

/** Throws OTHER_PROJECT when the sender means a project other than this one. */
export function expectProject(request: IncomingMessage, projectId: string): void {
  const meant = request.headers[PROJECT_HEADER];
  if (meant === undefined || meant === projectId) return;
  throw new PenumbraError('OTHER_PROJECT', 'this was meant for another project than the one that is open now', {
    remedy: 'Open the other project again to do it there. Nothing was changed.',
  });
}

export function expectMethod(request: IncomingMessage, methods: readonly string[]): void {
  if (methods.includes(request.method ?? '')) return;
  throw new PenumbraError('BAD_REQUEST', `method ${request.method ?? ''} is not used here`, { remedy: `Use ${methods.join(' or ')}.` });
}

/** Answers a failure of transport. When the reply has begun, all that is left is to cut the connection. */
export function refuseRequest(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (!request.complete) {
    request.resume();
    setTimeout(() => request.destroy(), REFUSED_UPLOAD_MS).unref();
  }
  sendTransportError(response, toErrorValue(thrown));
}
