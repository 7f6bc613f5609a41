import { hostCalls, type AnyHostCall, type HostCallName } from '#shared/contract/index.ts';
import type { CallOutput, CallParsedInput } from '#shared/contract/define.ts';
import { createCallTable, type CallTable } from '../api/call-table.ts';
import { listFoldersIn } from './folders.ts';
import type { Host } from './host.ts';

type HostCallNamed<N extends HostCallName> = Extract<AnyHostCall, { readonly name: N }>;
type HostCallHandlers = {
  readonly [N in HostCallName]: (input: CallParsedInput<HostCallNamed<N>>) => Promise<CallOutput<HostCallNamed<N>>> | CallOutput<HostCallNamed<N>>;
};

/** The host's own calls, without a transport. `strict` is for tests: answers are checked against the contract. */
export function createHostCalls(host: Host, options: { readonly strict?: boolean } = {}): CallTable {
  const handlers: HostCallHandlers = {
    'host.state': () => host.state,
    'host.openProject': async ({ dir, runs }) => {
      await host.open(dir, runs);
      return host.state;
    },
    'host.createProject': async ({ dir, name, runs }) => {
      await host.create(dir, name, runs);
      return host.state;
    },
    'host.openSample': async ({ runs }) => {
      await host.openSample(runs);
      return host.state;
    },
    'host.forgetRecent': ({ dir }) => {
      host.recents.forget(dir);
      return host.state;
    },
    'host.listFolders': ({ dir }) => listFoldersIn(dir),
  };
  return createCallTable(hostCalls, handlers, { readOnly: false, onDefect: () => undefined, ...options });
}
