import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HttpListener } from '../server/api-listener.ts';
import { serveLoopback, type LoopbackServer } from '../server/loopback.ts';
import { forwardToSocket } from '../server/proxy.ts';
import { connect, type Connection } from './connect.ts';
import { canOpenBrowser, openBrowser } from './open-browser.ts';
import type { Output } from './output.ts';

/**
 * Serves a project on loopback until a signal ends it. When another process has the project open, requests go to its core;
 * when that core ends, this process takes the project over and the browser goes on with the same session.
 */
export async function serve(dir: string, options: { port: number; open: boolean; output: Output }): Promise<void> {
  const { output } = options;
  const connection = await connect(dir);
  const api: HttpListener = (request, response) => {
    if (connection.hosted === null) forwardToSocket(socketOf(connection), request, response);
    else connection.hosted.listener(request, response);
  };
  let server: LoopbackServer;
  try {
    server = await serveLoopback({ port: options.port, pageDir: fileURLToPath(new URL('../server/status-page/', import.meta.url)), api });
  } catch (thrown) {
    await connection.hosted?.close('cancel');
    throw thrown;
  }
  announce(server, options);

  const stop = new AbortController();
  const isStopped = (): boolean => stop.signal.aborted;
  const onSignal = (): void => stop.abort();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  for (;;) {
    await coreEnded(connection, stop.signal);
    if (isStopped() || connection.hosted !== null) break;
    output.remark('the core that had the project open has ended; taking over');
    await connection.reconnect();
  }
  await connection.hosted?.close('cancel');
  await server.close();
}

function announce(server: LoopbackServer, options: { open: boolean; output: Output }): void {
  const { output } = options;
  const link = server.newLink();
  output.result({ link, port: server.port }, () => `Penumbra is served at\n\n  ${link}\n\nThe link signs one browser in and works once. Ctrl-C ends the server.`);
  if (options.open && canOpenBrowser()) openBrowser(link);
  if (output.isInteractive && process.stdin.isTTY) {
    const lines = createInterface({ input: process.stdin });
    lines.on('line', () => output.print(`a fresh link: ${server.newLink()}`));
    // Reading from the terminal must not keep the process alive.
    process.stdin.unref();
  }
}

/** Resolves when the core behind `connection` is gone, or `signal` aborts. */
async function coreEnded(connection: Connection, signal: AbortSignal): Promise<void> {
  if (connection.hosted !== null) {
    const aborted = once(signal, 'abort');
    await Promise.race([connection.hosted.closed, aborted]);
    return;
  }
  const events = connection.client.events({ after: 0, signal });
  try {
    // The event stream ends for good only when nobody listens on the socket any more.
    for (let next = await events.next(); next.done !== true; next = await events.next());
  } catch {
    // Gone.
  }
}

function socketOf(connection: Connection): string {
  const { address } = connection.client;
  if (!('socketPath' in address)) throw new Error('a core is attached to by its socket');
  return address.socketPath;
}
