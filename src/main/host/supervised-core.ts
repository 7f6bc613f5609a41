import { setTimeout as sleep } from 'node:timers/promises';
import { runs, system } from '#shared/contract/index.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { createClient, type Client } from '../client/client.ts';
import { openOrAttach } from '../client/open-or-attach.ts';
import { openAnswer } from '../client/transport.ts';
import { crashed, startCoreChild, type CoreChild, type CoreLaunch } from './core-child.ts';

/** A core that answers: a child of this process, or one that another process runs (`child` null). */
interface Way {
  readonly client: Client;
  readonly socketPath: string;
  readonly child: CoreChild | null;
}

/** A core without runs needs less to end. */
const LET_GO_MS = 1000;
/** Pauses before a crashed core is started again. The first crash is most likely chance. */
const BACK_OFF_MS = [0, 200, 500, 1000] as const;
/** A core that lived so long did not crash because it was started; its crash counts as a first one. */
const SETTLED_MS = 2000;

export interface OpenProject {
  readonly dir: string;
  readonly name: string;
  readonly id: string;
}

/**
 * The core of one project, kept alive: started as a child or attached to where another process runs it, started again when it ends
 * unasked, given up after five crashes in a row, each soon after its start.
 */
export class SupervisedCore {
  readonly project: OpenProject;
  readonly #launch: CoreLaunch;
  /** Null while it is away. */
  #way: Way | null;
  #failure: ErrorValue | null = null;
  #lastCrash: ErrorValue | null = null;
  #restarts = 0;
  #crashesInRow = 0;
  /** Since when the core answers; null when its start failed. */
  #answersSinceMs: number | null = performance.now();
  readonly #released = new AbortController();
  readonly #supervision: Promise<void>;

  /** Resolves when the core answers. Throws what opening or, with `create`, making the project throws. */
  static async start(launch: CoreLaunch, dir: string, create?: string): Promise<SupervisedCore> {
    const way = await findWay(launch, dir, create);
    try {
      const { projectId, projectName } = await way.client.call(system.hello, {});
      return new SupervisedCore(launch, { dir, name: projectName, id: projectId }, way);
    } catch (thrown) {
      await way.child?.end();
      throw thrown;
    }
  }

  private constructor(launch: CoreLaunch, project: OpenProject, way: Way) {
    this.#launch = launch;
    this.project = project;
    this.#way = way;
    this.#supervision = this.#supervise(way);
  }

  get state(): 'starting' | 'running' | 'failed' {
    if (this.#failure !== null) return 'failed';
    return this.#way === null ? 'starting' : 'running';
  }

  /** Why it failed for good, or crashed last. */
  get error(): ErrorValue | null {
    return this.#failure ?? this.#lastCrash;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get socketPath(): string | null {
    return this.#way?.socketPath ?? null;
  }

  /** Aborts when the core is let go: event streams of the project that is left must not go on. */
  get released(): AbortSignal {
    return this.#released.signal;
  }

  /** Runs that leaving the project would end; none where another process runs the core. */
  async runningRuns(): Promise<readonly { id: string; recipe: string }[]> {
    const way = this.#way;
    if (way === null || way.child === null) return [];
    const { runs: found } = await way.client.call(runs.listRuns, { state: 'running', limit: 100 });
    return found.map(({ id, recipe }) => ({ id, recipe }));
  }

  /** Lets the core go. `cancel` ends its runs; `wait` lets it live on until they have ended. Resolves when nothing is left to do. */
  async release(how: 'cancel' | 'wait'): Promise<void> {
    const way = this.#way;
    const child = way?.child ?? null;
    this.#released.abort();
    if (way !== null && child !== null && how === 'wait' && (await tellToWait(way))) {
      // Where nothing runs it ends at once; then nothing is left behind.
      await Promise.race([child.exited, sleep(LET_GO_MS)]);
      child.letGo();
      return;
    }
    await child?.end();
    await this.#supervision;
  }

  #isReleased(): boolean {
    return this.#released.signal.aborted;
  }

  async #supervise(first: Way): Promise<void> {
    let way: Way | null = first;
    while (way !== null) {
      const crash = await gone(way, this.#released.signal);
      this.#way = null;
      if (this.#isReleased()) return;
      way = await this.#replace(crash);
      if (this.#isReleased()) {
        await way?.child?.end();
        return;
      }
      this.#way = way;
    }
  }

  /** Another core, or null when it is given up. `crash` is null where another process ended its core: that is no crash. */
  async #replace(crash: PenumbraError | null): Promise<Way | null> {
    let last = crash;
    for (;;) {
      if (last !== null && !(await this.#mayTryAgain(last))) return null;
      if (this.#isReleased()) return null;
      try {
        this.#answersSinceMs = null;
        const way = await findWay(this.#launch, this.project.dir);
        this.#answersSinceMs = performance.now();
        return way;
      } catch (thrown) {
        if (!(thrown instanceof PenumbraError) || thrown.code !== 'CORE_CRASHED') {
          // Refused for a reason, such as a damaged database: trying again would be refused again.
          this.#failure = toErrorValue(thrown);
          return null;
        }
        last = thrown;
      }
    }
  }

  /** Counts a crash and waits as long as its number asks for. */
  async #mayTryAgain(crash: PenumbraError): Promise<boolean> {
    this.#restarts += 1;
    this.#lastCrash = crash.toValue();
    const wasSettled = this.#answersSinceMs !== null && performance.now() - this.#answersSinceMs >= SETTLED_MS;
    this.#crashesInRow = wasSettled ? 1 : this.#crashesInRow + 1;
    const pauseMs = BACK_OFF_MS[this.#crashesInRow - 1];
    if (pauseMs === undefined) {
      this.#failure = crash.toValue();
      return false;
    }
    await sleep(pauseMs);
    return true;
  }
}

/** Attaches to the core that has the project open, or starts one. */
async function findWay(launch: CoreLaunch, dir: string, create?: string): Promise<Way> {
  const way = await openOrAttach(() => startCoreChild(launch, dir, create));
  if (!('opened' in way)) return { ...way, child: null };
  const { socketPath } = way.opened;
  return { client: createClient({ socketPath }), socketPath, child: way.opened };
}

/** Resolves when a core is gone, to how its process crashed where it is a child; or when `released` aborts. */
async function gone(way: Way, released: AbortSignal): Promise<PenumbraError | null> {
  if (way.child !== null) return crashed(await way.child.exited);
  try {
    // The event stream stands as long as the core does.
    const stream = await openAnswer({ socketPath: way.socketPath }, { method: 'GET', path: '/api/events', signal: released });
    stream.resume();
    await new Promise((resolve) => stream.once('close', resolve));
  } catch {
    // Gone already.
  }
  return null;
}

async function tellToWait(way: Way): Promise<boolean> {
  try {
    await way.client.call(system.shutdown, { runs: 'wait' });
    return true;
  } catch {
    return false;
  }
}
