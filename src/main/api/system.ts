import type { DoctorItem } from '#shared/contract/system.ts';
import { PROTOCOL_VERSION } from '#shared/contract/system.ts';
import type { Project } from '../project/project.ts';
import type { EventHub } from './event-hub.ts';
import type { CallHandlers } from './handlers.ts';

export interface SystemServices {
  readonly project: Project;
  readonly events: EventHub;
  readonly version: string;
  readonly doctor: () => Promise<DoctorItem[]>;
  /** Begins to end the core; returns at once. */
  readonly requestShutdown: (runs: 'cancel' | 'wait') => void;
}

export function systemCalls(services: SystemServices): Pick<CallHandlers, 'system.hello' | 'system.doctor' | 'system.shutdown'> {
  const { project, events } = services;
  return {
    'system.hello': () => ({
      app: 'penumbra',
      version: services.version,
      protocol: PROTOCOL_VERSION,
      pid: process.pid,
      projectId: project.id,
      projectName: project.name,
      readOnly: project.readOnly,
      lastEvent: events.last,
    }),
    'system.doctor': async () => ({ items: await services.doctor() }),
    'system.shutdown': ({ runs }) => {
      services.requestShutdown(runs);
      return {};
    },
  };
}
