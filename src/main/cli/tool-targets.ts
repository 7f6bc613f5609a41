import { access, constants, mkdir, realpath, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { PenumbraError } from '#shared/errors.ts';
import type { Tool } from '../tools/define-tool.ts';
import { endingOf } from '../tools/write-result.ts';
import { UsageError } from './output.ts';

interface Wanted {
  readonly out: string | undefined;
  readonly as: string | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Where each file's result goes; null without --out. What cannot be written so is refused here, before anything is computed. */
export async function targetsOf(tool: Tool, files: readonly string[], { out, as, settings }: Wanted): Promise<(string | null)[]> {
  if (out === undefined) return files.map(() => null);
  const isFolder = (await stat(out).catch(() => null))?.isDirectory() === true;
  const [only] = files;
  if (files.length === 1 && only !== undefined && !isFolder && path.extname(out) !== '') {
    assertEnding(tool, settings, only, out);
    await assertFolderOf(out);
    return [out];
  }
  if (!isFolder && isFileName(out)) throw new UsageError(`--out ${out} names one file for ${files.length}`, 'Name a folder.');
  const targets = files.map((file) => {
    const ending = as === undefined ? (tool.endingsFor?.(settings, file) ?? tool.endings)[0] : `.${as.replace(/^\./, '')}`;
    const target = path.join(out, `${path.parse(file).name}${ending}`);
    assertEnding(tool, settings, file, target);
    return target;
  });
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined) throw new UsageError(`two files would both become ${twice}`, 'Run them one after the other, into two folders.');
  return targets;
}

/**
 * Makes the folder of several results where it is not there yet. What it gives takes back those that it made and that stayed empty.
 * To be called once nothing else can be refused.
 */
export async function makeFolderOf(targets: readonly (string | null)[], out: string | undefined): Promise<() => Promise<void>> {
  if (out === undefined || targets.includes(out)) return () => Promise.resolve();
  const first = await mkdir(out, { recursive: true }).catch((cause: unknown) => {
    throw new PenumbraError('WRITE_FAILED', `${out} cannot be made a folder.`, { remedy: 'Choose a place that may be written to.', cause });
  });
  return async () => {
    if (first === undefined) return;
    // From the innermost outwards, to the first that was made; one that holds something stays, and with it those around it.
    for (let folder = path.resolve(out); folder.length >= path.resolve(first).length; folder = path.dirname(folder)) {
      if (!(await rmdir(folder).then(() => true, () => false))) return;
    }
  };
}

async function assertFolderOf(target: string): Promise<void> {
  const folder = path.dirname(target);
  const facts = await stat(folder).catch(() => null);
  if (facts === null) throw new PenumbraError('WRITE_FAILED', `There is no folder ${folder} to write ${path.basename(target)} into.`, { remedy: 'Make it first, or choose another --out.' });
  if (!facts.isDirectory()) throw new PenumbraError('WRITE_FAILED', `${folder} is no folder, so ${path.basename(target)} cannot be written into it.`, { remedy: 'Choose another --out.' });
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw new PenumbraError('WRITE_FAILED', `${folder} may not be written to.`, { remedy: 'Look at its rights, or choose another --out.', cause });
  });
}

function assertEnding(tool: Tool, settings: Readonly<Record<string, unknown>>, file: string, target: string): void {
  try {
    endingOf(tool, settings, file, target);
  } catch (thrown) {
    throw thrown instanceof PenumbraError ? new UsageError(thrown.message, thrown.remedy) : thrown;
  }
}

/** What is read is not to be lost, be it a file of the list, one that a setting names, or one of a folder that a setting names. */
export async function refuseOverwriting(files: readonly string[], settings: Readonly<Record<string, unknown>>, targets: readonly (string | null)[]): Promise<void> {
  const named = [...files, ...Object.values(settings).filter((value) => typeof value === 'string')].map((place) => place.replace(/(?<=\.npz):[^:/\\]+$/i, ''));
  const read = new Set(await Promise.all(named.map((place) => realpath(place).catch(() => path.resolve(place)))));
  for (const target of targets) {
    const place = target === null ? null : await realpath(target).catch(() => null);
    if (target === null || place === null || !(read.has(place) || read.has(path.dirname(place)))) continue;
    throw new UsageError(`${target} is there and may be what is read; it would be overwritten`, 'Choose another --out.');
  }
}

function isFileName(out: string): boolean {
  return /\.(png|jpe?g|np[yz]|json)$/i.test(out);
}
