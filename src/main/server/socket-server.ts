import { createServer, type Server } from 'node:http';
import { rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { HttpListener } from './api-listener.ts';

export interface RunningServer {
  close(): Promise<void>;
}

/** Serves the API on a Unix socket or named pipe. Who may connect is settled by the folder the socket lies in. */
export async function serveSocket(handle: HttpListener, socketPath: string): Promise<RunningServer> {
  const server = createServer(handle);
  // Who forwards a browser's requests keeps its connections. One that ends here as the next request is under way on it fails that request,
  // and a window asks about once in the 5 s after which Node ends an idle connection: so only the client ends them.
  server.keepAliveTimeout = 0;
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    async close() {
      await closeServer(server);
      if (process.platform !== 'win32') await rm(socketPath, { force: true });
    },
  };
}

export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // Kept-alive connections without a request, and clients that never hang up, would hold the server open for good.
  server.closeIdleConnections();
  const force = setTimeout(() => {
    server.closeAllConnections();
  }, 500);
  await closed;
  clearTimeout(force);
}
