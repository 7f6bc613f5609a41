import { afterEach, expect, it } from 'vitest';
import { exchange } from '../client/transport.ts';
import { createApiListener } from './api-listener.ts';
import { newSocketPath } from './socket-path.ts';
import { serveSocket, type RunningServer } from './socket-server.ts';

let server: RunningServer | null = null;
afterEach(() => server?.close());

/** A listener with one call, which lasts until it is let go. */
async function oneLongCall() {
  const { promise: letGo, resolve: end } = Promise.withResolvers<undefined>();
  const { promise: began, resolve: begin } = Promise.withResolvers<undefined>();
  const api = {
    callLimit: () => 1000,
    call: async () => {
      begin(undefined);
      await letGo;
      return { ok: true, value: 'done' };
    },
  };
  const listener = createApiListener(api as never, { projectId: 'p', drainMs: 20 });
  const socketPath = newSocketPath();
  server = await serveSocket(listener.handle, socketPath);
  const answer = exchange({ socketPath }, { method: 'POST', path: '/api/call/long', headers: { 'content-type': 'application/json' }, body: '{}' });
  await began;
  return { listener, answer, end: () => end(undefined) };
}

it('waits for a call however long it takes, as for an import whose project is left', async () => {
  const { listener, answer, end } = await oneLongCall();
  const drained = listener.drain('all').then(() => 'drained');
  await expect(Promise.race([drained, new Promise((resolve) => setTimeout(() => resolve('waits'), 200))])).resolves.toBe('waits');
  end();
  expect((await answer).status).toBe(200);
  await expect(drained).resolves.toBe('drained');
});

it('does not wait for good when it is to end', async () => {
  const { listener, answer, end } = await oneLongCall();
  await listener.drain('a-while');
  end();
  await answer;
});
