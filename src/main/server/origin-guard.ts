import type { IncomingMessage } from 'node:http';
import { PenumbraError } from '#shared/errors.ts';

/**
 * Refuses requests that a page from elsewhere caused: a Host that is not ours means DNS rebinding, an Origin or
 * Sec-Fetch-Site that is not ours means another site's script. Throws FORBIDDEN_ORIGIN.
 */
export function checkOrigin(request: IncomingMessage, port: number): void {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const host = request.headers.host ?? '';
  if (!hosts.includes(host)) throw forbidden(`Host "${host}" is not this server`);
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${host}`) throw forbidden(`Origin "${origin}" is not this server`);
  const site = request.headers['sec-fetch-site'];
  const isOpening = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isOpening) {
    throw forbidden(`the request comes from another site (${site})`);
  }
}

function forbidden(what: string): PenumbraError {
  return new PenumbraError('FORBIDDEN_ORIGIN', what, { remedy: 'Open the link that "penumbra serve" prints.' });
}
