import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { RunSample } from '#shared/contract/runs.ts';
import { writeAtomically } from '../artifacts/atomic.ts';

/** A run keeps this many pictures; the oldest gives way to a new one. */
const MAX_SAMPLES = 64;
const MAX_PIXELS = 4_000_000;
const MAX_TITLE = 300;
const INDEX = 'index.json';

/** What a trainer sends; it is checked here, since it comes from another process. */
const Report = z.object({
  /** Place of the step in the run: two steps may use the same name. */
  position: z.int().min(0).max(999),
  step: z.string(),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  title: z.string().transform((title) => title.slice(0, MAX_TITLE)),
  picture: z
    .object({ width: z.int().min(1).max(MAX_PIXELS), height: z.int().min(1).max(MAX_PIXELS), rgb: z.custom<Uint8Array>((value) => value instanceof Uint8Array) })
    .refine(({ width, height, rgb }) => width * height <= MAX_PIXELS && rgb.length === width * height * 3, {
      error: ({ input }) => `expected width × height × 3 bytes and at most ${MAX_PIXELS} pixels, got ${JSON.stringify(input, ['width', 'height'])}`,
    }),
});
type Report = z.input<typeof Report>;

const Index = z.array(RunSample);

/** Folder of a run's pictures: ID.png and an index with their titles. */
function samplesDir(projectDir: string, runId: string): string {
  return join(projectDir, 'logs', `run-${runId}.samples`);
}

/** Pictures of a run, oldest first. */
export async function readRunSamples(projectDir: string, runId: string): Promise<RunSample[]> {
  const text = await readFile(join(samplesDir(projectDir, runId), INDEX), 'utf8').catch(() => '[]');
  try {
    return Index.parse(JSON.parse(text));
  } catch {
    return []; // harmed by hand; the next picture begins a new one
  }
}

/** Path of one picture; null when the run has none of this id. */
export async function runSampleFile(projectDir: string, runId: string, id: string): Promise<string | null> {
  const samples = await readRunSamples(projectDir, runId);
  return samples.some((sample) => sample.id === id) ? join(samplesDir(projectDir, runId), `${id}.png`) : null;
}

/** The pictures of one run as they are made. Written by the core alone, one after another. */
export class RunSamples {
  readonly #projectDir: string;
  readonly #runId: string;
  #last: Promise<void> = Promise.resolve();

  constructor(projectDir: string, runId: string) {
    this.#projectDir = projectDir;
    this.#runId = runId;
  }

  /** Stores a picture in place of an earlier one of this step and name. Never rejects. */
  add(report: Report, told: { stored: (sample: RunSample) => void; failed: (error: unknown) => void }): void {
    this.#last = this.#last.then(async () => {
      try {
        told.stored(await this.#store(Report.parse(report)));
      } catch (error) {
        told.failed(error);
      }
    });
  }

  /** Resolves when everything added before is stored or refused. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #store({ position, step, name, title, picture }: z.output<typeof Report>): Promise<RunSample> {
    const dir = samplesDir(this.#projectDir, this.#runId);
    const sample: RunSample = { id: `${position}-${name}`, step, title, at: new Date().toISOString() };
    // Loaded late: a core that only answers calls needs no encoder.
    const { encodeRgbPng } = await import('#main/images/rgb-files.ts');
    const png = await encodeRgbPng(picture);
    await mkdir(dir, { recursive: true });
    const others = (await readRunSamples(this.#projectDir, this.#runId)).filter(({ id }) => id !== sample.id);
    const kept = others.slice(Math.max(0, others.length - (MAX_SAMPLES - 1)));
    // Picture first: what the index names is there.
    await writeAtomically(join(dir, `${sample.id}.png`), png, 'sample');
    await writeAtomically(join(dir, INDEX), JSON.stringify([...kept, sample]), 'sample-index');
    for (const { id } of others.slice(0, others.length - kept.length)) await rm(join(dir, `${id}.png`), { force: true });
    return sample;
  }
}
