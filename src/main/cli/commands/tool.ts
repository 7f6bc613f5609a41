import { rm } from 'node:fs/promises';
import { Command } from 'commander';
import * as z from 'zod';
import type { Tool } from '../../tools/define-tool.ts';
import { TOOLS } from '../../tools/index.ts';
import { assertFile } from '../../tools/read-input.ts';
import type { ToolAnswer, ToolTask } from '../../tools/tool-task.ts';
import { partialOf } from '../../tools/write-result.ts';
import { TaskPool, defaultThreads } from '../../ml/workers/task-pool.ts';
import { onSignal } from '../on-signal.ts';
import { jsonOption, wholeNumber, type CommonOptions } from '../options.ts';
import { Output, UsageError } from '../output.ts';
import { makeFolderOf, refuseOverwriting, targetsOf } from '../tool-targets.ts';

interface ToolOptions extends CommonOptions, Record<string, unknown> {
  readonly out?: string;
  readonly as?: string;
  readonly threads?: number;
}

export function toolCommand(): Command {
  const command = new Command('tool')
    .summary('run one raster primitive on files: crf, slic, canny, walk, rle, …')
    .description('Runs one of the raster primitives on photos, label maps or NumPy arrays, without a project. docs/raster has a page on each. Of an .npz of several arrays, FILE.npz:NAME takes the one of that name.')
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  $ penumbra tool crf cat.jpg --labels cat.png --out refined.png\n  $ penumbra tool slic photos/*.jpg --out superpixels --as png --threads 2');
  for (const tool of TOOLS) command.addCommand(oneTool(tool).exitOverride().showHelpAfterError('(--help shows how it is used)'));
  return command;
}

function oneTool(tool: Tool): Command {
  const command = new Command(tool.name).summary(tool.summary).description(tool.description).argument('<files...>');
  command
    .option('-o, --out <path>', `file to write (${tool.endings.join(', ')}), or a folder (needed for several files); without it only the figures are printed`)
    .option('--as <ending>', `ending of files in a folder (default: ${tool.endings[0]?.slice(1)})`);
  for (const [key, field] of Object.entries(tool.settings.shape)) {
    const preset = presetOf(field as z.ZodType);
    const about = `${(field as z.ZodType).description ?? ''}${preset === undefined ? '' : ` (default: ${preset})`}`;
    command.option(`--${optionOf(key)} <value>`, about);
  }
  return command
    .option('--threads <n>', 'files worked on at once (default: one a core)', wholeNumber('--threads', 1, 64))
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  $ ${tool.example}\n\nMore: docs/raster/${tool.page}.md`)
    .action(async (files: string[], _: ToolOptions, self: Command) => runTool(tool, files, self.optsWithGlobals<ToolOptions>()));
}

/** gaussianSxy → gaussian-sxy. */
function optionOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The default of a setting, as help shows it. */
function presetOf(field: z.ZodType): string | undefined {
  if (!(field instanceof z.ZodDefault)) return undefined;
  const value: unknown = field.def.defaultValue;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

async function runTool(tool: Tool, files: readonly string[], { out, as, threads, json, ...given }: ToolOptions): Promise<void> {
  const output = new Output({ json: json === true });
  const settings = Object.fromEntries(Object.entries(given).filter(([key, value]) => key in tool.settings.shape && value !== undefined));
  const parsed = tool.settings.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = String(issue?.path[0]);
    throw new UsageError(`--${optionOf(key)} is ${JSON.stringify(settings[key])}; ${issue?.message ?? ''}.`, `"penumbra tool ${tool.name} --help" lists the settings.`);
  }
  const targets = await targetsOf(tool, files, { out, as, settings: parsed.data });
  await refuseOverwriting(files, settings, targets);
  for (const file of files) assertFile(file);
  const takeBackFolder = await makeFolderOf(targets, out);
  const cancelled = new SharedArrayBuffer(4);
  const flag = new Int32Array(cancelled);
  const count = Math.min(threads ?? defaultThreads(), files.length);
  const pool = new TaskPool<ToolTask, ToolAnswer>(new URL('../../tools/tool-worker.ts', import.meta.url), count);
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= pool.close());
  const stopListening = onSignal(() => {
    // What is under way ends at its next step; asked twice, at once.
    if (Atomics.exchange(flag, 0, 1) !== 0) void close();
    else output.remark('Stopping; press Ctrl-C again to end at once.');
  });
  const failures: unknown[] = [];
  try {
    const answers = await Promise.allSettled(
      files.map(async (file, index) => {
        try {
          const answer = await pool.run({ tool: tool.name, file, target: targets[index] ?? null, settings, cancelled });
          // At once: many files take a while.
          if (files.length > 1) output.print(lineOf(answer));
          return answer;
        } catch (thrown) {
          // The others end at their next step. A thread that is writing finishes or takes back what it wrote: ended from here, it would leave a part.
          failures.push(thrown);
          Atomics.store(flag, 0, 1);
          throw thrown;
        }
      }),
    );
    if (failures.length > 0) throw failures[0];
    const done = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    output.result(done, () => (done.length > 1 ? `${done.length} files` : done.map(lineOf).join('')));
  } finally {
    await close();
    // Of a thread that ended while it wrote.
    for (const target of targets) if (target !== null) await rm(partialOf(target), { force: true });
    await takeBackFolder();
    stopListening();
  }
}

const LISTED = 24;

/** Numbers of a few digits, and the beginning of a long list; --json has all of them. */
function readable(_: string, value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(6));
  return Array.isArray(value) && value.length > LISTED ? [...(value as unknown[]).slice(0, LISTED), `… ${value.length} in all`] : value;
}

function lineOf({ file, target, facts, seconds }: ToolAnswer): string {
  const text = Object.entries(facts).map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value, readable)}`);
  return `${file}${target === null ? '' : ` → ${target}`}  ${text.join(', ')}  (${seconds.toFixed(2)} s)`;
}
