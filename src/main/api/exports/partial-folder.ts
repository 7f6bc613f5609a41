import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { processStart } from '../../project/process-start.ts';
import { syncFolder } from '../../runs/artifacts/atomic.ts';
import { identifyProcess } from '../../runs/watchdog/process-identity.ts';

/** Files brought to the disk at a time: the system does several at nearly the cost of one. */
const SYNC_LANES = 16;

/** Host, pid and start of the process that fills it, then what tells its exports apart. */
const NAME = /^([0-9a-f]{8})-(\d+)-([0-9a-f]{8})-[0-9a-f]{8}$/;

/** A name beside the target for an export in the making; it says who makes it. */
export function partialFolder(target: string): string {
  return `${target}.partial-${tag(hostname())}-${process.pid}-${startTag(process.pid)}-${randomBytes(4).toString('hex')}`;
}

/** Removes what killed processes of this machine left of exports to the target. What is or may be somebody's work stays. */
export async function sweepPartials(target: string): Promise<void> {
  const parent = path.dirname(target);
  const prefix = `${path.basename(target)}.partial-`;
  for (const name of await readdir(parent).catch(() => [])) {
    if (name.startsWith(prefix) && isAbandoned(name.slice(prefix.length))) await rm(path.join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAbandoned(suffix: string): boolean {
  const [, host, pid, start] = NAME.exec(suffix) ?? [];
  if (host !== tag(hostname())) return false; // of another machine, which may be at work on a shared folder
  return identifyProcess(Number(pid)) === null || startTag(Number(pid)) !== start;
}

/** Brings all files and folders under `dir` to the disk, so that a power cut after the rename takes nothing. */
export async function syncTree(dir: string): Promise<void> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (let at = 0; at < files.length; at += SYNC_LANES) await Promise.all(files.slice(at, at + SYNC_LANES).map(syncFile));
  for (const folder of entries.filter((entry) => entry.isDirectory())) await syncFolder(path.join(folder.parentPath, folder.name));
  await syncFolder(dir);
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function startTag(pid: number): string {
  return tag(processStart(pid) ?? '');
}

function tag(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
