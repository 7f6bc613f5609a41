import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { newSocketPath } from './socket-path.ts';
import { serveSocket } from './socket-server.ts';

it('keeps an idle connection for as long as its client does, and ends all of them when it closes', async () => {
  const socketPath = newSocketPath();
  const server = await serveSocket((_, response) => void response.end('here'), socketPath);
  const agent = new Agent({ keepAlive: true });
  async function ask(): Promise<{ socket: Socket; headers: IncomingMessage['headers'] }> {
    const [answer] = (await once(request({ socketPath, agent }).end(), 'response')) as [IncomingMessage];
    const { socket, headers } = answer;
    await once(answer.resume(), 'end');
    return { socket, headers };
  }
  const { socket, headers } = await ask();
  // A server that ends idle connections after a time says so in a header of this name.
  expect(headers).toMatchObject({ connection: 'keep-alive' });
  expect(headers).not.toHaveProperty('keep-alive');
  expect((await ask()).socket).toBe(socket);
  const ended = once(socket, 'close');
  await server.close();
  await ended;
});
