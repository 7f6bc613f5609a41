import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { HostState } from '#shared/contract/host.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import type { CoreLaunch } from './core-child.ts';
import { Recents } from './recents.ts';
import { SupervisedCore } from './supervised-core.ts';

export interface HostOptions {
  readonly shell: HostState['shell'];
  readonly version: string;
  readonly buildId: string;
  readonly launch: CoreLaunch;
  /** Where recent projects are remembered. */
  readonly dataDir: string;
  /** Folder of the user's copy of the sample project, made when it is not there. */
  readonly sampleProject: () => Promise<string>;
  /** Told whenever another project has become the current one. */
  readonly onOpened?: (project: { readonly dir: string; readonly name: string }) => void;
}

/** What becomes of the runs of a project that is left; undefined: it is not left while there are any. */
export type LeaveRuns = 'cancel' | 'wait' | undefined;

/** Holds the current project: runs its core, or attaches to it, and changes from one project to another. */
export class Host {
  readonly recents: Recents;
  readonly #options: HostOptions;
  #current: SupervisedCore | null = null;
  /** True until the project of the start is open, or cannot be. */
  #isStarting = false;
  /** Why the project that was to be opened at start is not open. */
  #failure: ErrorValue | null = null;
  /** Changes of project happen one after another. */
  #changes: Promise<unknown> = Promise.resolve();
  /** Cores that were let go and have not ended yet. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: HostOptions) {
    this.#options = options;
    this.recents = new Recents(options.dataDir);
  }

  get state(): HostState {
    const { shell, version, buildId } = this.#options;
    const core = this.#current;
    return {
      shell,
      version,
      buildId,
      platform: process.platform,
      project: core?.project ?? null,
      core: core?.state ?? this.#stateWithoutCore(),
      coreError: core === null ? this.#failure : core.error,
      restarts: core?.restarts ?? 0,
      recents: this.recents.list(),
    };
  }

  /** Where /api goes now, and when to stop following its events; null while no core answers. */
  get core(): { readonly socketPath: string; readonly released: AbortSignal } | null {
    const { socketPath, released } = this.#current ?? {};
    return socketPath === undefined || socketPath === null || released === undefined ? null : { socketPath, released };
  }

  /** Runs that leaving the current project would end. */
  async runningRuns(): Promise<readonly { id: string; recipe: string }[]> {
    return (await this.#current?.runningRuns()) ?? [];
  }

  /** Makes the project in `dir`, or whose project.db `dir` is, the current one. Throws what opening throws; then nothing has changed. */
  open(dir: string, runs?: LeaveRuns): Promise<void> {
    return this.#change(async () => {
      const target = projectFolder(dir);
      if (this.#current?.project.dir === target && this.#current.state !== 'failed') return;
      await this.#replace(() => SupervisedCore.start(this.#options.launch, target), runs);
    });
  }

  /** Makes an empty project in `dir` and opens it. Throws PROJECT_EXISTS besides. */
  create(dir: string, name: string | undefined, runs?: LeaveRuns): Promise<void> {
    return this.#change(async () => {
      const target = path.resolve(requireAbsolute(dir));
      await this.#replace(() => SupervisedCore.start(this.#options.launch, target, name ?? path.basename(target)), runs);
    });
  }

  async openSample(runs?: LeaveRuns): Promise<void> {
    await this.open(await this.#options.sampleProject(), runs);
  }

  /** At start: the project asked for, else the last one, else the sample. What cannot be opened is told by `state`. */
  async openAtStart(dir: string | null): Promise<void> {
    this.#isStarting = true;
    try {
      const wanted = dir ?? this.recents.last();
      if (wanted === null) await this.openSample();
      else await this.open(wanted);
    } catch (thrown) {
      this.#failure = toErrorValue(thrown);
    } finally {
      this.#isStarting = false;
    }
  }

  #stateWithoutCore(): HostState['core'] {
    if (this.#isStarting) return 'starting';
    return this.#failure === null ? 'none' : 'failed';
  }

  /** Lets the current project go. `wait`: its core lives on until its runs have ended. */
  async close(runs: 'cancel' | 'wait'): Promise<void> {
    await this.#change(async () => {
      const core = this.#current;
      this.#current = null;
      await core?.release(runs);
      await Promise.all(this.#ending);
    });
  }

  #change(work: () => Promise<void>): Promise<void> {
    const change = this.#changes.then(work);
    this.#changes = change.catch(() => undefined);
    return change;
  }

  async #replace(start: () => Promise<SupervisedCore>, runs: LeaveRuns): Promise<void> {
    const before = this.#current;
    if (runs === undefined) await this.#refuseWhileRunning();
    const next = await start();
    this.#current = next;
    this.#failure = null;
    this.recents.add(next.project.dir, next.project.name);
    this.#options.onOpened?.(next.project);
    if (before === null || before.state === 'failed') return;
    // Waiting, where nothing runs, ends at once; and a run that has begun since it was asked is not cut off.
    const ending: Promise<void> = before.release(runs ?? 'wait').finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #refuseWhileRunning(): Promise<void> {
    const running = await this.runningRuns();
    const name = this.#current?.project.name ?? '';
    if (running.length === 0) return;
    throw new PenumbraError('PROJECT_BUSY', `${name} has ${running.length === 1 ? 'a run' : `${running.length} runs`} going: ${running.map(({ recipe }) => recipe).join(', ')}`, {
      remedy: 'Cancel what runs, or let it run to its end behind the window; a cancelled run can be resumed.',
      details: { project: name, runs: running.map((run) => ({ ...run })) },
    });
  }
}

/** The folder by its real name, so that one project is not opened under two. Throws PROJECT_NOT_FOUND. */
function projectFolder(dir: string): string {
  const asked = requireAbsolute(dir);
  const folder = path.basename(asked) === 'project.db' ? path.dirname(asked) : asked;
  try {
    return realpathSync(folder);
  } catch (thrown) {
    throw new PenumbraError('PROJECT_NOT_FOUND', `There is no project in ${folder}: ${(thrown as Error).message}`, {
      remedy: 'Name the folder of a project, or make a new one.',
      details: { project: folder },
      cause: thrown,
    });
  }
}

function requireAbsolute(dir: string): string {
  if (path.isAbsolute(dir)) return dir;
  throw new PenumbraError('BAD_REQUEST', `dir: "${dir}" is not an absolute path`, {
    remedy: 'Name a folder from the root, such as /data/birds.',
    details: { path: 'dir' },
  });
}
