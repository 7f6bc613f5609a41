import { request as openRequest } from 'node:http';
import { Readable } from 'node:stream';
import type { CustomScheme } from 'electron';
import { PROJECT_HEADER } from '#shared/contract/define.ts';
import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import type { CallTable } from '../api/call-table.ts';
import { requireCore, unknownAddress } from '../host/addresses.ts';
import type { Host } from '../host/host.ts';
import { statusOf } from '../server/replies.ts';
import { SECURITY_HEADERS } from '../server/security-headers.ts';
import type { StaticFiles } from '../server/static-files.ts';

/** Where the page lives in the shell. `#` and what follows are the page's own. */
export const PAGE_URL = 'penumbra://app/';

/**
 * Standard and secure, so that the page has an origin, fetch and storage; not exempt from any policy. Registered before the
 * app is ready.
 */
export const PAGE_SCHEME: CustomScheme = {
  scheme: 'penumbra',
  privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true },
};

/** Most bytes of a call of the host. */
const MOST_CALL_BYTES = 4 * 1024 * 1024;

interface Answering {
  readonly host: Host;
  readonly calls: CallTable;
  readonly page: StaticFiles;
}

/** Answers every request of the page: its files, the host's calls, and the core's API, forwarded to its socket. No port is listened on. */
export async function answerRequest({ host, calls, page }: Answering, request: Request): Promise<Response> {
  try {
    const url = new URL(request.url);
    if (url.host !== 'app') throw unknownAddress(request.url);
    const name = /^\/host\/call\/([\w.]+)$/.exec(url.pathname)?.[1];
    if (name !== undefined) return await answerHostCall(calls, name, request);
    if (url.pathname.startsWith('/api/')) return await forward(host, url, request);
    const file = request.method === 'GET' ? page.files.get(url.pathname) : undefined;
    if (file === undefined) throw unknownAddress(url.pathname);
    return new Response(new Uint8Array(file.bytes), { headers: { ...SECURITY_HEADERS, 'Content-Type': file.contentType, 'Cache-Control': file.cacheControl } });
  } catch (thrown) {
    const error = toErrorValue(thrown);
    return json(statusOf(error.code), { ok: false, error });
  }
}

async function answerHostCall(calls: CallTable, name: string, request: Request): Promise<Response> {
  if (request.method !== 'POST') throw new PenumbraError('BAD_REQUEST', `method ${request.method} is not used here`, { remedy: 'Use POST.' });
  const text = await request.text();
  if (text.length > MOST_CALL_BYTES) {
    throw new PenumbraError('BODY_TOO_LARGE', `${name}: ${text.length} characters; at most ${MOST_CALL_BYTES} are accepted`, { remedy: 'Send less in one request.' });
  }
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (thrown) {
    throw new PenumbraError('BAD_REQUEST', `${name}: the body is not JSON`, { remedy: 'Send a JSON object.', details: { path: '' }, cause: thrown });
  }
  const reply = await calls.call(name, input);
  return json(!reply.ok && reply.error.details['unknown'] === 'call' ? 404 : 200, reply);
}

/** Streams both ways: photos are not held in memory, and events arrive as they happen. */
function forward(host: Host, url: URL, request: Request): Promise<Response> {
  const { socketPath, released } = requireCore(host);
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries([...request.headers].filter(([name]) => FORWARDED.has(name)));
    const onward = openRequest({ socketPath, path: `${url.pathname}${url.search}`, method: request.method, headers, agent: false });
    onward.on('response', (answer) => {
      if (url.pathname === '/api/events') released.addEventListener('abort', () => answer.destroy());
      const kept = Object.entries(answer.headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && !HOP_BY_HOP.has(entry[0]));
      const status = answer.statusCode ?? 502;
      const isEmpty = status === 204 || status === 304 || request.method === 'HEAD';
      if (isEmpty) answer.resume();
      resolve(new Response(isEmpty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>), { status, headers: { ...SECURITY_HEADERS, ...Object.fromEntries(kept) } }));
    });
    onward.on('error', (thrown) => reject(gone(thrown)));
    if (request.body === null) onward.end();
    else Readable.fromWeb(request.body as Parameters<typeof Readable.fromWeb>[0]).on('error', () => onward.destroy()).pipe(onward);
  });
}

/** All that the core reads of a request. */
const FORWARDED = new Set([PROJECT_HEADER, 'content-type', 'content-length', 'range', 'if-none-match', 'if-range']);
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

function gone(cause: Error): PenumbraError {
  return new PenumbraError('SHUTTING_DOWN', `the core of this project does not answer: ${cause.message}`, {
    remedy: 'It is being started again; try in a moment.',
    cause,
  });
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...SECURITY_HEADERS, 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' } });
}
