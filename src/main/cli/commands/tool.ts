import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { Tool } from '../../tools/define-tool.ts';
import { TOOLS } from '../../tools/index.ts';
import type { ToolAnswer, ToolTask } from '../../tools/tool-task.ts';
import { TaskPool, defaultThreads } from '../../ml/workers/task-pool.ts';
import { onSignal } from '../on-signal.ts';
import { jsonOption, wholeNumber, type CommonOptions } from '../options.ts';
import { Output, UsageError } from '../output.ts';

interface ToolOptions extends CommonOptions, Record<string, unknown> {
  readonly out?: string;
  readonly threads?: number;
}

export function toolCommand(): Command {
  const command = new Command('tool')
    .summary('run one raster primitive on files: crf, slic, canny, walk, rle, …')
    .description('Runs one of the raster primitives on photos, label maps or NumPy arrays, without a project. docs/raster has a page on each.')
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  $ penumbra tool crf cat.jpg --labels cat.png --out refined.png\n  $ penumbra tool slic photos/*.jpg --out superpixels --threads 2');
  for (const tool of TOOLS) command.addCommand(oneTool(tool).exitOverride().showHelpAfterError('(--help shows how it is used)'));
  return command;
}

function oneTool(tool: Tool): Command {
  const command = new Command(tool.name).summary(tool.summary).description(tool.description).argument('<files...>');
  command.option('-o, --out <path>', 'file to write, or a folder (needed for several files); without it only the figures are printed');
  for (const [key, field] of Object.entries(tool.settings.shape)) {
    const preset = presetOf(field as z.ZodType);
    const about = `${(field as z.ZodType).description ?? ''}${preset === undefined ? '' : ` (default: ${preset})`}`;
    command.option(`--${optionOf(key)} <value>`, about);
  }
  return command
    .option('--threads <n>', 'files worked on at once (default: one a core)', wholeNumber('--threads', 1, 64))
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  $ ${tool.example}`)
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

async function runTool(tool: Tool, files: readonly string[], { out, threads, json, ...given }: ToolOptions): Promise<void> {
  const output = new Output({ json: json === true });
  const settings = Object.fromEntries(Object.entries(given).filter(([key, value]) => key in tool.settings.shape && value !== undefined));
  const parsed = tool.settings.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = String(issue?.path[0]);
    throw new UsageError(`--${optionOf(key)} is ${JSON.stringify(settings[key])}; ${issue?.message ?? ''}.`, `"penumbra tool ${tool.name} --help" lists the settings.`);
  }
  const targets = await targetsOf(tool, files, out);
  const cancelled = new SharedArrayBuffer(4);
  const count = Math.min(threads ?? defaultThreads(), files.length);
  const pool = new TaskPool<ToolTask, ToolAnswer>(new URL('../../tools/tool-worker.ts', import.meta.url), count);
  const stopListening = onSignal(() => Atomics.store(new Int32Array(cancelled), 0, 1));
  try {
    const answers = await Promise.all(
      files.map(async (file, index) => {
        const answer = await pool.run({ tool: tool.name, file, target: targets[index] ?? null, settings, cancelled });
        // At once: many files take a while.
        if (files.length > 1) output.print(lineOf(answer));
        return answer;
      }),
    );
    output.result(answers, () => (answers.length > 1 ? `${answers.length} files` : answers.map(lineOf).join('')));
  } catch (thrown) {
    // What is under way ends at its next step, so that no file is left half-written.
    Atomics.store(new Int32Array(cancelled), 0, 1);
    throw thrown;
  } finally {
    stopListening();
    await pool.close();
  }
}

/** Where each file's result goes; null without --out. */
async function targetsOf(tool: Tool, files: readonly string[], out: string | undefined): Promise<(string | null)[]> {
  if (out === undefined) return files.map(() => null);
  const isFolder = (await stat(out).catch(() => null))?.isDirectory() === true;
  if (files.length === 1 && !isFolder && path.extname(out) !== '') return [out];
  if (!isFolder && isFileName(out)) throw new UsageError(`--out ${out} names one file for ${files.length}`, 'Name a folder.');
  await mkdir(out, { recursive: true }).catch((cause: unknown) => {
    throw new PenumbraError('WRITE_FAILED', `${out} cannot be made a folder.`, { remedy: 'Choose a place that may be written to.', cause });
  });
  const targets = files.map((file) => path.join(out, `${path.parse(file).name}${tool.ending}`));
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined) throw new UsageError(`two files would both become ${twice}`, 'Run them one after the other, into two folders.');
  return targets;
}

function isFileName(out: string): boolean {
  return /\.(png|npy|json)$/i.test(out);
}

function lineOf({ file, target, facts, seconds }: ToolAnswer): string {
  const text = Object.entries(facts).map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${file}${target === null ? '' : ` → ${target}`}  ${text.join(', ')}  (${seconds.toFixed(2)} s)`;
}
