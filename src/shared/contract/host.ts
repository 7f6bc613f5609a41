import * as z from 'zod';
import { ErrorValue, type ErrorCode } from '../errors.ts';
import { defineCall } from './define.ts';

/** Codes that opening a project may answer with, whichever call asks for it. */
const OPENING_ERRORS: readonly ErrorCode[] = [
  'PROJECT_NOT_FOUND',
  'PROJECT_BUSY',
  'PROJECT_LOCKED',
  'PROJECT_READ_ONLY',
  'PROJECT_TOO_NEW',
  'PROJECT_ON_NETWORK_FS',
  'MIGRATION_FAILED',
  'DISK_FULL',
  'WRITE_FAILED',
  'CORE_CRASHED',
];

/** An absolute path on the machine of the host. */
const FolderPath = z.string().min(1).max(4096).regex(/^[^\0]*$/);

const LeaveRuns = z
  .enum(['cancel', 'wait'])
  .optional()
  .describe('what becomes of runs of the project that is left: cancel them, or let them end behind the window. Left out: refused with PROJECT_BUSY while there are any');

export const RecentProject = z.strictObject({
  dir: z.string(),
  name: z.string(),
  openedAt: z.iso.datetime(),
  exists: z.boolean().describe('false when the folder holds no project any more, or its disk is away'),
});
export type RecentProject = z.infer<typeof RecentProject>;

export const HostState = z.strictObject({
  shell: z.enum(['browser', 'electron']),
  version: z.string(),
  buildId: z.string().describe('changes whenever the page is built anew: a page that remembers another one should be reloaded'),
  platform: z.string().describe('as process.platform: linux, darwin, win32'),
  project: z.strictObject({ dir: z.string(), name: z.string(), id: z.string() }).nullable(),
  core: z
    .enum(['none', 'starting', 'running', 'failed'])
    .describe('none: no project is open. starting: being started, or again after a crash; /api answers 503 meanwhile. failed: given up; open the project again to try anew'),
  coreError: ErrorValue.nullable().describe('why the core failed, or why it was last started again'),
  restarts: z.int().nonnegative().describe('crashes of the core since the project was opened; a page that sees it grow says so'),
  recents: z.array(RecentProject).describe('newest first'),
});
export type HostState = z.infer<typeof HostState>;

export const getHostState = defineCall('host.state', {
  summary: 'Which project is open, how its core fares, recent projects. Ask it at start and whenever /api answers SHUTTING_DOWN.',
  input: z.strictObject({}),
  output: HostState,
});

export const openProject = defineCall('host.openProject', {
  summary: 'Makes a project the current one. Opening the current one again starts its core anew when that failed, and changes nothing otherwise.',
  input: z.strictObject({ dir: FolderPath.describe('the project folder, or its project.db'), runs: LeaveRuns }),
  output: HostState,
  errors: OPENING_ERRORS,
});

export const createProject = defineCall('host.createProject', {
  summary: 'Makes an empty project in a new or existing folder and opens it. Never overwrites: a folder that holds a project is refused.',
  input: z.strictObject({ dir: FolderPath, name: z.string().trim().min(1).max(200).optional().describe('left out: the name of the folder'), runs: LeaveRuns }),
  output: HostState,
  errors: [...OPENING_ERRORS, 'PROJECT_EXISTS'],
});

export const openSample = defineCall('host.openSample', {
  summary: "Opens the user's own copy of the sample project, which is made on first use.",
  input: z.strictObject({ runs: LeaveRuns }),
  output: HostState,
  errors: OPENING_ERRORS,
});

export const forgetRecent = defineCall('host.forgetRecent', {
  summary: 'Takes a project off the list of recent ones. The project itself is not touched.',
  input: z.strictObject({ dir: FolderPath }),
  output: HostState,
});

const FolderKind = z.enum(['project', 'dataset', 'folder']);

export const listFolders = defineCall('host.listFolders', {
  summary: 'Folders inside a folder, for choosing one where there is no native dialog. Hidden folders are left out; files are never listed.',
  input: z.strictObject({ dir: FolderPath.optional().describe('left out: the home folder') }),
  output: z.strictObject({
    dir: z.string(),
    parent: z.string().nullable().describe('null at the root'),
    kind: FolderKind.describe('what the folder itself is'),
    folders: z.array(z.strictObject({ name: z.string(), path: z.string(), kind: FolderKind })).describe('by name'),
    truncated: z.boolean().describe('true when there are more than are listed'),
  }),
  errors: ['FILE_MISSING', 'FOLDER_UNREADABLE'],
});

/** Calls of the host: what serves the page, whether or not a project is open. POST /host/call/NAME. */
export const hostCalls = [getHostState, openProject, createProject, openSample, forgetRecent, listFolders] as const;
export type AnyHostCall = (typeof hostCalls)[number];
export type HostCallName = AnyHostCall['name'];
