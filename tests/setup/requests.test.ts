import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { get } from '../../scripts/lib/http.mjs';

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: http.RequestListener, host = '127.0.0.1'): Promise<string> {
  const server = http.createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

describe('get', () => {
  it('follows a redirect and leaves credentials behind when the host changes', async () => {
    const seen: (string | undefined)[] = [];
    const files = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end('content');
    });
    const index = await serve((request, response) => {
      seen.push(request.headers.authorization);
      if (request.url === '/start') response.writeHead(302, { location: '/next' }).end();
      else response.writeHead(302, { location: `${files}/file` }).end();
    });
    const response = await get(`${index}/start`, { headers: { Authorization: 'Basic secret' } });
    expect(response.statusCode).toBe(200);
    expect(seen).toEqual(['Basic secret', 'Basic secret', undefined]);
    response.destroy();
  });

  it('does not go round in circles', async () => {
    const server = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
    await expect(get(server)).rejects.toThrow('more than 5 redirects');
  });

  it('gives up on a server that is silent, before or in the middle of the answer', async () => {
    const silent = await serve(() => undefined);
    await expect(get(silent, { idleMs: 200 })).rejects.toThrow('sent nothing for 0.2 s');

    const stalling = await serve((_request, response) => response.writeHead(200, { 'content-length': '10' }).write('half'));
    const response = await get(stalling, { idleMs: 200 });
    await expect(response.toArray()).rejects.toThrow('sent nothing for 0.2 s');
  });
});
