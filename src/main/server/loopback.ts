import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import type { HttpListener } from './api-listener.ts';
import { checkOrigin } from './origin-guard.ts';
import { sendTransportError } from './replies.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { Sessions } from './session.ts';
import { closeServer } from './socket-server.ts';
import type { StaticFile, StaticFiles } from './static-files.ts';

export interface LoopbackServer {
  readonly port: number;
  /** A link that signs one browser in. Each call gives a new one. */
  newLink(): string;
  close(): Promise<void>;
}

const UNAUTHORIZED_TEXT = 'This browser is not signed in. Open the link that "penumbra serve" printed; each link works once.\n';

/**
 * The API for a browser on this machine: 127.0.0.1 only, one-time link → HttpOnly cookie, Host and Origin checked, strict
 * headers. `api`, what answers below /api/ and /host/, is reached only by signed-in requests. `port` 0 takes a free one.
 * Throws BAD_REQUEST when the port is taken.
 */
export async function serveLoopback(options: { port: number; page: StaticFiles; api: HttpListener }): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    setSecurityHeaders(response);
    try {
      checkOrigin(request, port);
      answer(request, response);
    } catch (thrown) {
      response.setHeader('Connection', 'close');
      sendTransportError(response, toErrorValue(thrown));
    }
  });
  const port = await listen(server, options.port);
  const sessions = new Sessions(port);

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://loopback');
    if (url.pathname === '/open') {
      openLink(url.searchParams.get('token') ?? '', response);
      return;
    }
    const isApi = url.pathname.startsWith('/api/') || url.pathname.startsWith('/host/');
    if (!sessions.isSignedIn(request.headers.cookie)) {
      if (isApi) throw new PenumbraError('UNAUTHORIZED', 'the request carries no valid session', { remedy: UNAUTHORIZED_TEXT.trim() });
      sendText(response, 401, UNAUTHORIZED_TEXT);
      return;
    }
    if (isApi) {
      options.api(request, response);
      return;
    }
    const file = options.page.files.get(url.pathname);
    if (file === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      sendText(response, 404, 'There is nothing at this address.\n');
      return;
    }
    sendFile(response, file);
  }

  /**
   * Signs in and moves on by a refresh rather than a redirect: after a redirect that began on another site (a terminal in a
   * browser, a mail), the browser would withhold the SameSite=Strict cookie it has just received.
   */
  function openLink(token: string, response: ServerResponse): void {
    if (!sessions.spendToken(token)) {
      sendText(response, 401, 'This link has been used, or is not one of this server. Each link works once.\n');
      return;
    }
    response.setHeader('Set-Cookie', sessions.cookieHeader());
    response.setHeader('Refresh', '0; url=/');
    sendText(response, 200, 'Opening Penumbra …\n');
  }

  return {
    port,
    newLink: () => `http://127.0.0.1:${port}/open?token=${sessions.mintToken()}`,
    close: () => closeServer(server),
  };
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw thrown;
    const why = code === 'EADDRINUSE' ? 'is in use by another program' : 'needs rights this user does not have';
    throw new PenumbraError('BAD_REQUEST', `port ${port} ${why}`, {
      remedy: 'Choose another with --port N, or leave --port out to take a free one.',
      details: { port },
    });
  }
  return (server.address() as AddressInfo).port;
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(text);
}

function sendFile(response: ServerResponse, file: StaticFile): void {
  response.writeHead(200, { 'Content-Type': file.contentType, 'Content-Length': file.bytes.length, 'Cache-Control': file.cacheControl });
  response.end(file.bytes);
}
