import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as z from 'zod';
import { replySchema, type CallDefinition, type Reply } from '#shared/contract/define.ts';
import { PenumbraError } from '#shared/errors.ts';
import { createClient, type Client } from '#main/client/client.ts';
import { exchange } from '#main/client/transport.ts';
import { createHostCalls } from '#main/host/host-calls.ts';
import { Host } from '#main/host/host.ts';
import { hostListener } from '#main/host/listener.ts';
import { newSocketPath } from '#main/server/socket-path.ts';
import { serveSocket } from '#main/server/socket-server.ts';

const coreEntry = fileURLToPath(new URL('./core-with-tiny-recipes.ts', import.meta.url));

export interface TestHost {
  readonly host: Host;
  readonly dataDir: string;
  /** Speaks to the core through the host. */
  readonly client: Client;
  call<I extends z.ZodType, O extends z.ZodType>(definition: CallDefinition<I, O>, input: z.input<I>): Promise<z.output<O>>;
  close(): Promise<void>;
}

/** A host whose cores run the recipes of api-recipes.ts, served on a socket and checking its own answers. */
export async function startTestHost(options: { sampleProject?: () => Promise<string>; entry?: string } = {}): Promise<TestHost> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'penumbra-host-'));
  const host = new Host({
    shell: 'browser',
    version: '0.0.0',
    buildId: 'test',
    launch: {
      node: process.execPath,
      entry: options.entry ?? coreEntry,
      env: { NODE_COMPILE_CACHE: path.join(tmpdir(), 'penumbra-test-compile'), ...process.env },
    },
    dataDir,
    sampleProject: options.sampleProject ?? (() => Promise.reject(new Error('no sample here'))),
  });
  const socketPath = newSocketPath();
  const server = await serveSocket(hostListener(host, createHostCalls(host, { strict: true })), socketPath);
  const address = { socketPath };
  return {
    host,
    dataDir,
    client: createClient(address),
    async call(definition, input) {
      const headers = { 'content-type': 'application/json' };
      const answer = await exchange(address, { method: 'POST', path: `/host/call/${definition.name}`, headers, body: JSON.stringify(input) });
      // zod's own type of the union is beyond what the compiler narrows for an open O.
      const reply = replySchema(definition.output).parse(JSON.parse(answer.bytes.toString())) as Reply<z.output<typeof definition.output>>;
      if (!reply.ok) throw PenumbraError.fromValue(reply.error);
      return reply.value;
    },
    async close() {
      await host.close('cancel');
      await server.close();
      await rm(dataDir, { recursive: true });
    },
  };
}
