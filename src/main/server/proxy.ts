import { Agent, request as openRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { PenumbraError } from '#shared/errors.ts';
import { sendTransportError } from './replies.ts';

/** Headers that belong to one connection, or that the core behind has no business with. */
const NOT_FORWARDED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host', 'origin', 'cookie', 'referer']);

/**
 * Keeps connections: a core that may close after its answer can do so while the end of a body is still being handed over, and the
 * answer is lost to EPIPE.
 */
const agent = new Agent({ keepAlive: true });

/**
 * Hands a request to the core behind `socketPath` and its answer back, byte for byte. When `until` aborts, the answer is ended where it
 * is: for event streams of a core that is no longer the one.
 */
export function forwardToSocket(socketPath: string, request: IncomingMessage, response: ServerResponse, options: { until?: AbortSignal } = {}): void {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !NOT_FORWARDED.has(name)));
  const onward = openRequest({ socketPath, path: request.url, method: request.method, headers, agent });
  onward.on('response', (answer) => {
    const kept = Object.entries(answer.headers).filter(([name]) => !NOT_FORWARDED.has(name));
    response.writeHead(answer.statusCode ?? 502, Object.fromEntries(kept));
    answer.pipe(response);
    answer.on('error', () => response.destroy());
    // A core that is killed cuts its answer off without an error.
    answer.on('aborted', () => response.destroy());
    options.until?.addEventListener('abort', () => {
      onward.destroy();
      response.end();
    });
  });
  onward.on('error', (thrown) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const error = new PenumbraError('SHUTTING_DOWN', `the core of this project does not answer: ${thrown.message}`, {
      remedy: 'It is being started again; try in a moment.',
    });
    sendTransportError(response, error.toValue());
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}
