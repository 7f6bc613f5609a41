import { createHash } from 'node:crypto';
import type { ArtifactKind, ArtifactManifest } from '#shared/domain/artifact.ts';
import { vocColour, type ClassInfo } from '#shared/domain/classes.ts';
import type { ImageId } from '#shared/domain/ids.ts';
import type { LogLevel } from '#shared/domain/run.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import type { ArtifactReader, ArtifactWriter, EditRecord, ImageRecord, Picture, StageContext, TruthRecord } from '#main/ml/stage.ts';

/** A stage context that keeps everything in memory and remembers what the stage said. */

/** Files by name, as a stage wrote them. */
export class MemoryArtifact implements ArtifactReader, ArtifactWriter {
  readonly key: string;
  readonly dir = '/nonexistent/memory-artifact';
  readonly files = new Map<string, Uint8Array>();
  readonly facts: ArtifactManifest['summary'] = {};
  readonly leftOut: Record<string, string> = {};
  readonly #kind: ArtifactKind;

  /** `label` tells artifacts apart; the key is derived from it. */
  constructor(kind: ArtifactKind, label: string, files: Readonly<Record<string, Uint8Array>> = {}) {
    this.#kind = kind;
    this.key = createHash('sha256').update(label).digest('hex').slice(0, 32);
    for (const [name, bytes] of Object.entries(files)) this.files.set(name, bytes);
  }

  get manifest(): ArtifactManifest {
    return {
      key: this.key,
      kind: this.#kind,
      stage: 'test',
      stageVersion: 1,
      config: {},
      inputs: {},
      sources: {},
      seed: 0,
      versions: {},
      createdAt: '2026-01-01T00:00:00.000Z',
      runId: null,
      files: [...this.files].map(([name, bytes]) => ({
        name,
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      })),
      summary: this.facts,
    };
  }

  has(name: string): boolean {
    return this.files.has(name);
  }

  read(name: string): Promise<Uint8Array> {
    const bytes = this.files.get(name);
    if (bytes !== undefined) return Promise.resolve(bytes);
    return Promise.reject(new PenumbraError('ARTIFACT_DAMAGED', `${name} is missing`, { remedy: 'none in a test' }));
  }

  write(name: string, bytes: Uint8Array | string): Promise<void> {
    this.files.set(name, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : new Uint8Array(bytes));
    return Promise.resolve();
  }

  summarise(facts: ArtifactManifest['summary']): void {
    Object.assign(this.facts, facts);
  }

  leaveOut(imageId: string, photo: string): void {
    this.leftOut[imageId] = photo;
  }

  text(name: string): string {
    return new TextDecoder().decode(this.files.get(name));
  }
}

export interface TestContextOptions {
  readonly images?: readonly ImageRecord[];
  readonly classes?: readonly ClassInfo[];
  readonly truth?: readonly TruthRecord[];
  readonly edits?: readonly EditRecord[];
  readonly output?: MemoryArtifact;
  readonly outputKind?: ArtifactKind;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Needed by tensor stages only; without it, touching the backend fails the test. */
  readonly backend?: TensorBackend;
  readonly weights?: (name: string) => Promise<string>;
  /** Called by every breathe(): lets a test cancel at a certain step. */
  readonly onBreathe?: () => void;
  /** What an earlier, interrupted stage saved. */
  readonly checkpoint?: Uint8Array;
}

export interface TestContext extends StageContext {
  readonly output: MemoryArtifact;
  readonly logged: { level: LogLevel; message: string }[];
  readonly metrics: { series: string; x: number; xUnit: 'step' | 'epoch'; value: number }[];
  readonly progressed: { done: number; total: number; unit: 'images' | 'views' | 'steps' }[];
  readonly checkpoints: Uint8Array[];
  readonly sampled: { name: string; title: string; picture: Picture }[];
  /** Purposes given when truth was asked for. */
  readonly truthReads: string[];
}

export function createStageContext(options: TestContextOptions = {}): TestContext {
  const signal = options.signal ?? new AbortController().signal;
  const logged: TestContext['logged'] = [];
  const metrics: TestContext['metrics'] = [];
  const progressed: TestContext['progressed'] = [];
  const checkpoints: Uint8Array[] = options.checkpoint === undefined ? [] : [options.checkpoint];
  const truthReads: string[] = [];
  const sampled: TestContext['sampled'] = [];
  return {
    get backend(): TensorBackend {
      if (options.backend === undefined) throw new Error('this stage was not given a tensor backend');
      return options.backend;
    },
    seed: options.seed ?? 0,
    signal,
    report: {
      progress: (done, total, unit) => void progressed.push({ done, total, unit }),
      metric: (series, x, xUnit, value) => void metrics.push({ series, x, xUnit, value }),
      log: (level, message) => void logged.push({ level, message }),
      sample: (name, title, draw) => {
        const picture = draw();
        if (picture !== null) sampled.push({ name, title, picture });
      },
    },
    dataset: { classes: options.classes ?? [], images: options.images ?? [] },
    output: options.output ?? new MemoryArtifact(options.outputKind ?? 'label-maps', 'output'),
    checkpoint: {
      load: () => Promise.resolve(checkpoints.at(-1) ?? null),
      save: (bytes) => Promise.resolve(void checkpoints.push(new Uint8Array(bytes))),
    },
    truth: (purpose) => {
      truthReads.push(purpose);
      return Promise.resolve(options.truth ?? []);
    },
    edits: () => Promise.resolve(options.edits ?? []),
    weights:
      options.weights ??
      ((name) =>
        Promise.reject(new PenumbraError('WEIGHTS_NOT_INSTALLED', `${name} was not given to this test`, { remedy: 'none in a test' }))),
    breathe: async () => {
      options.onBreathe?.();
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (signal.aborted) throw new PenumbraError('RUN_CANCELLED', 'cancelled by the test', { remedy: 'none in a test' });
    },
    logged,
    metrics,
    progressed,
    checkpoints,
    truthReads,
    sampled,
  };
}

/** The nth test image id. */
export function testImageId(number: number): ImageId {
  return `im_${String(number).padStart(16, '0')}`;
}

/** Classes 1..count with VOC colours. */
export function testClasses(count: number): ClassInfo[] {
  return Array.from({ length: count }, (_, channel) => ({
    index: channel + 1,
    name: `class ${channel + 1}`,
    colour: [...vocColour(channel + 1)],
  }));
}
