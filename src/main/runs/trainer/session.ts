import { existsSync } from 'node:fs';
import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import { faultPoint } from '#main/faults/faults.ts';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { executeRecipe } from '#main/ml/pipeline/execute.ts';
import type { PipelineHost } from '#main/ml/pipeline/host.ts';
import { findRecipe, loadRecipes } from '#main/ml/pipeline/registry.ts';
import { FileArtifactStore } from '../artifacts/store.ts';
import type { RunOrder } from '../trainer-protocol.ts';
import { penumbraVersion } from '../version.ts';
import { openCoreChannel, type CoreProxy } from './channel.ts';

/** How often the main loop tells that it turns. */
const HEARTBEAT_MS = 1000;

/**
 * One run inside the trainer: takes its order from the core, executes it, reports how it ended.
 * Resolves when the core has heard of the end; the process may then exit.
 */
export async function serveOneRun(recipeModule: string): Promise<void> {
  const abort = new AbortController();
  const order = Promise.withResolvers<RunOrder>();
  const core = openCoreChannel({
    start: (given) => {
      order.resolve(given);
      return Promise.resolve();
    },
    cancel: () => {
      abort.abort();
      return Promise.resolve();
    },
  });
  const host = new TrainerHost(core, abort.signal, await order.promise);
  const stopBeating = host.startBeating();
  try {
    const recipe = findRecipe(await loadRecipes(recipeModule), host.order.recipe);
    await executeRecipe(recipe, host.order, host);
    await core.finished({ ok: true });
  } catch (error) {
    const value = toErrorValue(error);
    await core.finished({ ok: false, cancelled: value.code === 'RUN_CANCELLED', error: value });
  } finally {
    stopBeating();
    core.$close();
  }
}

/** What the pipeline asks for, answered by the core over the channel, by the artifact folder, and by this process. */
class TrainerHost implements PipelineHost {
  readonly store: FileArtifactStore;
  readonly signal: AbortSignal;
  readonly order: RunOrder;
  readonly versions = { penumbra: penumbraVersion(), node: process.versions.node };
  readonly #core: CoreProxy;
  #loaded: Promise<TensorBackend> | null = null;
  #workAtMs = performance.now();
  #beatAtMs = performance.now();

  constructor(core: CoreProxy, signal: AbortSignal, order: RunOrder) {
    this.#core = core;
    this.signal = signal;
    this.order = order;
    this.store = new FileArtifactStore(order.projectDir);
  }

  startBeating(): () => void {
    this.#sendBeat();
    const timer = setInterval(() => this.#sendBeat(), HEARTBEAT_MS);
    return () => clearInterval(timer);
  }

  beat(): void {
    faultPoint('trainer.beat');
    this.#workAtMs = performance.now();
    // A stage that works without letting timers run is alive too.
    if (this.#workAtMs - this.#beatAtMs >= HEARTBEAT_MS) this.#sendBeat();
  }

  #sendBeat(): void {
    this.#beatAtMs = performance.now();
    void this.#core.heartbeat(this.#beatAtMs - this.#workAtMs);
  }

  now(): number {
    return Date.now();
  }

  backend(): Promise<TensorBackend> {
    this.#loaded ??= this.#loadBackend();
    return this.#loaded;
  }

  async #loadBackend(): Promise<TensorBackend> {
    const { loadBackend } = await import('#main/ml/backend/load.ts');
    const backend = await loadBackend(this.order.backend);
    void this.#core.backend(backend.description, backend.id);
    return backend;
  }

  async weights(name: string): Promise<string> {
    const { weightsFile, weightsInstalled } = await import('../../../../scripts/lib/cache.mjs');
    const file = weightsFile(name);
    if (process.env['PENUMBRA_WEIGHTS_DIR'] === undefined ? weightsInstalled(name) : existsSync(file)) return file;
    throw new PenumbraError('WEIGHTS_NOT_INSTALLED', `weights "${name}" are not in the cache (expected at ${file})`, {
      remedy: 'Run `npm run setup`, then resume the run.',
      details: { weights: name, file },
    });
  }

  sources(stage: string, reads: Parameters<PipelineHost['sources']>[1]): ReturnType<PipelineHost['sources']> {
    return this.#core.sources(stage, reads);
  }

  truth(stage: string, purpose: string): ReturnType<PipelineHost['truth']> {
    return this.#core.truth(stage, purpose);
  }

  edits(stage: string): ReturnType<PipelineHost['edits']> {
    return this.#core.edits(stage);
  }

  sealed(manifest: Parameters<PipelineHost['sealed']>[0]): Promise<void> {
    return this.#core.sealed(manifest);
  }

  steps(statuses: Parameters<PipelineHost['steps']>[0]): void {
    void this.#core.steps(statuses);
  }

  metrics(points: Parameters<PipelineHost['metrics']>[0]): void {
    void this.#core.metrics(points);
  }

  log(lines: Parameters<PipelineHost['log']>[0]): void {
    void this.#core.log(lines);
  }

  sample(...[step, name, title, picture]: Parameters<PipelineHost['sample']>): void {
    void this.#core.sample(step, name, title, picture);
  }

  flush(): Promise<void> {
    return this.#core.settled();
  }
}
