import { PenumbraError } from '#shared/errors.ts';
import type { Host } from './host.ts';

/** Throws SHUTTING_DOWN while no core answers. */
export function requireCore(host: Host): NonNullable<Host['core']> {
  const { core } = host;
  if (core !== null) return core;
  const isOpen = host.state.project !== null;
  throw new PenumbraError('SHUTTING_DOWN', isOpen ? 'the core of this project is away' : 'no project is open', {
    remedy: isOpen ? 'It is being started again; host.state tells how it fares.' : 'Open a project first.',
    details: { project: isOpen },
  });
}

export function unknownAddress(address: string): PenumbraError {
  return new PenumbraError('NOT_FOUND', `there is nothing at ${address}`, {
    remedy: 'Addresses are /host/call/NAME, /api/call/NAME, /api/events and /api/blob/NAME/ID.',
  });
}
