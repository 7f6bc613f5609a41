import { existsSync } from 'node:fs';
import path from 'node:path';
import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import { createApi, type Api } from './api/api.ts';
import { blobHandlers } from './api/blobs.ts';
import { datasetCalls } from './api/dataset.ts';
import { editCalls } from './api/edits.ts';
import { EventHub } from './api/event-hub.ts';
import { exportCalls } from './api/exports/exports.ts';
import { ImageHolds } from './api/image-holds.ts';
import { PhotoContents } from './api/photos/photo-content.ts';
import { PhotoCopies } from './api/photos/photo-copies.ts';
import { Pyramids } from './api/photos/pyramids.ts';
import { projectCalls } from './api/project.ts';
import { readBase } from './api/read-base.ts';
import { runCalls } from './api/runs.ts';
import { systemCalls } from './api/system.ts';
import { EditService } from './project/edits/edit-service.ts';
import { takeProjectLock, type ProjectLock } from './project/lock.ts';
import { openProject } from './project/open.ts';
import { openRunService, type RunServiceOptions } from './runs/project-runs.ts';
import { penumbraVersion } from './runs/version.ts';
import { createApiListener, type HttpListener } from './server/api-listener.ts';
import { newSocketPath } from './server/socket-path.ts';
import { serveSocket } from './server/socket-server.ts';

/** A project open in this process, answering on its socket. */
export interface Core {
  readonly socketPath: string;
  readonly api: Api;
  /** The same API for another HTTP server of this process, such as the loopback one. */
  readonly listener: HttpListener;
  /** Resolves when the core has been told to end, before whoever told it gets an answer. */
  readonly closing: Promise<'cancel' | 'wait'>;
  /** Resolves when the core has ended, whoever asked for it. */
  readonly closed: Promise<void>;
  /**
   * Ends the core. `cancel`: new requests are refused at once, a running run is cancelled. `wait`: a running run is served to its
   * end first. Queued runs stay queued for the next core.
   */
  close(runs: 'cancel' | 'wait'): Promise<void>;
}

export interface CoreOptions {
  readonly socketPath?: string;
  /** See `RunServiceOptions`; all but `startQueued` are for tests. */
  readonly runs?: Pick<RunServiceOptions, 'settings' | 'recipeModule' | 'trainerEnv' | 'startQueued'>;
  /** How long after the start copies of photos that are gone are looked for; short commands never get there. */
  readonly sweepCopiesAfterMs?: number;
  /** For tests: answers are checked against the contract. */
  readonly strict?: boolean;
}

const SWEEP_COPIES_AFTER_MS = 30_000;

/**
 * Opens a project and serves it: lock → project → services → API → socket.
 * Throws what opening throws; PROJECT_LOCKED names the socket of the core that has the project open.
 */
export async function startCore(dir: string, options: CoreOptions = {}): Promise<Core> {
  const undo: (() => unknown)[] = [];
  try {
    const lock = takeLock(dir);
    undo.push(() => lock?.release());
    const project = await openProject(dir);
    undo.push(() => project.close());
    const log = createLog(dir);

    const runs = await openRunService({ project, ...options.runs, onBackgroundError: (thrown) => log('error', 'background work failed', thrown) });
    undo.push(() => runs.close('cancel'));
    const edits = new EditService(project, readBase(project, runs));

    // See EventHub: the start time makes the numbers of two cores tell apart.
    const events = new EventHub({ firstNumber: Date.now() });
    const { publish } = events;
    runs.subscribe((event) => publish(event.name, event.payload as never));

    const contents = new PhotoContents(project);
    const copies = new PhotoCopies(project, contents);
    const pyramids = new Pyramids(project, contents, publish);
    undo.push(() => pyramids.close());
    undo.push(() => copies.close());
    copies.scheduleSweep(options.sweepCopiesAfterMs ?? SWEEP_COPIES_AFTER_MS);
    const imported = (): void => copies.fillInBackground(project.images.ids({}), (done, total) => publish('dataset.thumbsProgress', { done, total }));

    const api = createApi({
      calls: {
        ...systemCalls({ project, events, version: penumbraVersion(), doctor, requestShutdown }),
        ...projectCalls({ project, publish }),
        ...datasetCalls({ project, runs, pyramids, imported, publish }),
        ...editCalls({ edits, holds: new ImageHolds(publish), publish }),
        ...runCalls(runs),
        ...exportCalls({ project, runs, edits, publish }),
      },
      blobs: blobHandlers({ project, runs, edits, copies, pyramids, publish }),
      events,
      readOnly: project.readOnly,
      onDefect: (call, thrown) => log('error', `${call} failed`, thrown),
      strict: options.strict === true,
    });
    const http = createApiListener(api, { projectId: project.id });
    const socketPath = options.socketPath ?? newSocketPath();
    const socket = await serveSocket(http.handle, socketPath);
    lock?.announce(socketPath);
    log('info', `core of ${project.name} answers`);

    let ended: Promise<void> | undefined;
    const { promise: closing, resolve: setClosing } = Promise.withResolvers<'cancel' | 'wait'>();
    const { promise: closed, resolve: setClosed } = Promise.withResolvers<undefined>();
    const close = (how: 'cancel' | 'wait'): Promise<void> => {
      setClosing(how);
      ended ??= (async () => {
        if (how === 'cancel') http.refuse();
        await Promise.all([copies.close(), pyramids.close()]);
        await runs.close(how);
        await http.drain(how === 'wait' ? 'all' : 'a-while');
        await socket.close();
        project.close();
        lock?.release();
        setClosed(undefined);
      })();
      return ended;
    };
    function requestShutdown(how: 'cancel' | 'wait'): void {
      setClosing(how);
      // After the answer to the call that asked for it has been given to the socket.
      setImmediate(() => void close(how));
    }
    return { socketPath, api, listener: http.handle, closing, closed, close };
  } catch (thrown) {
    for (const step of undo.reverse()) await step();
    throw thrown;
  }
}

/** Null where there is nothing to lock: a folder without a project, or one that cannot be written and opens read-only. */
function takeLock(dir: string): ProjectLock | null {
  if (!existsSync(path.join(dir, 'project.db'))) return null;
  try {
    return takeProjectLock(dir);
  } catch (thrown) {
    if (thrown instanceof PenumbraError && thrown.code === 'PROJECT_READ_ONLY') return null;
    throw thrown;
  }
}

/** Loaded late: it tries engines in processes of their own, and no other call needs it. */
async function doctor() {
  const { setupFacts } = await import('./setup-facts/setup-facts.ts');
  return setupFacts();
}

/** Writes to logs/core.ndjson. The logger is loaded after the first answer rather than before it. */
function createLog(dir: string): (level: 'info' | 'error', message: string, thrown?: unknown) => void {
  const logger = new Promise<void>((resolve) => setImmediate(resolve))
    .then(() => import('./runs/logs/process-log.ts'))
    .then(({ openProcessLog }) => openProcessLog(dir, 'core'));
  return (level, message, thrown) => {
    void logger.then((log) => log[level](thrown === undefined ? {} : { err: thrown, error: toErrorValue(thrown) }, message));
  };
}

if (import.meta.main) {
  const { runCoreProcess } = await import('./core-process.ts');
  await runCoreProcess(process.argv.slice(2), startCore);
}
