import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as z from 'zod';

const Ready = z.object({ device: z.string(), description: z.string() });
const KernelTimes = z.array(z.object({ kernel: z.string(), seconds: z.number(), processorSeconds: z.number(), calls: z.number() }));
const Run = z.object({ seconds: z.number(), processorSeconds: z.number(), value: z.number(), peakBytes: z.number(), kernels: KernelTimes.default([]) });

/** What one repeat took, and what the process held at most until then, less what it held once its libraries were loaded. */
export type Run = z.infer<typeof Run>;

/** A process that does the work of a measure when it is told to. */
export class Side {
  readonly name: string;
  readonly runs: Run[] = [];
  description = '';
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.name = name;
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error(`${name} has no output`);
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Until its network stands. */
  async ready(): Promise<void> {
    this.description = Ready.parse(await this.#answer()).description;
  }

  async run(kept: boolean): Promise<Run> {
    const run = await this.#ask('run');
    if (kept) this.runs.push(run);
    return run;
  }

  /** One repeat with the time of every kernel; ours alone can. */
  async profile(): Promise<Run> {
    return this.#ask('profile');
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await gone;
  }

  async #ask(what: 'run' | 'profile'): Promise<Run> {
    this.#child.stdin?.write(`${what}\n`);
    return Run.parse(await this.#answer());
  }

  async #answer(): Promise<unknown> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`${this.name} ended before it answered`);
    return JSON.parse(line.value);
  }
}
