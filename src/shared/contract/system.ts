import * as z from 'zod';
import { defineCall, defineEvent } from './define.ts';

export const PROTOCOL_VERSION = 1;

export const hello = defineCall('system.hello', {
  summary: 'Who answers: version, protocol, project. The first call of every client.',
  input: z.strictObject({}),
  output: z.strictObject({
    app: z.string(),
    version: z.string(),
    protocol: z.int(),
    pid: z.int(),
    projectId: z.string(),
    projectName: z.string(),
    readOnly: z.boolean(),
    lastEvent: z.int().describe('number of the newest event; follow from here'),
  }),
});

export const DoctorItem = z.strictObject({
  id: z.string(),
  title: z.string(),
  state: z.enum(['ok', 'missing', 'broken', 'optional']),
  found: z.string().describe('version, path-free description or what is wrong'),
  remedy: z.string().nullable().describe('the command that brings it'),
});
export type DoctorItem = z.infer<typeof DoctorItem>;

export const doctor = defineCall('system.doctor', {
  summary: 'State of Node, engine, GPU, backends, Electron, cache and disk, each missing thing with the command that brings it.',
  input: z.strictObject({}),
  output: z.strictObject({ items: z.array(DoctorItem) }),
});

export const shutdown = defineCall('system.shutdown', {
  summary: 'Ends the core after running calls are answered. A running run is cancelled, or kept when the core is told to wait for it.',
  input: z.strictObject({ runs: z.enum(['cancel', 'wait']).default('cancel') }),
  output: z.strictObject({}),
});

export const resync = defineEvent('system.resync', {
  summary: 'Events were lost for this client: fetch state anew.',
  payload: z.strictObject({ reason: z.string() }),
});
