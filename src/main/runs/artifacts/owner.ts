import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { faultPoint } from '#main/faults/faults.ts';
import { identifyProcess, isRunning } from '../watchdog/process-identity.ts';
import { TEMP_PREFIX } from './atomic.ts';

/** Who makes (or last made) the artifact in a staging folder: `staging/KEY.owner` beside `staging/KEY/`. */
const Owner = z.object({ pid: z.int(), startTicks: z.string().nullable(), runId: z.string(), released: z.boolean() });
export type Owner = z.infer<typeof Owner>;

function ownerPath(stagingRoot: string, key: string): string {
  return join(stagingRoot, `${key}.owner`);
}

export async function readOwner(stagingRoot: string, key: string): Promise<Owner | null> {
  try {
    const parsed = Owner.safeParse(JSON.parse(await readFile(ownerPath(stagingRoot, key), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // absent, or torn by a power cut: nobody owns it
  }
}

export function ownerIsAlive(owner: Owner): boolean {
  return !owner.released && isRunning(owner);
}

/** Two processes may find the same dead owner, or one that is still being written; the one that took the folder looks again after this long. */
const SETTLE_MS = 50;
const POLL_MS = 200;

/**
 * Takes the staging of a key for this process; waits while another live process has it (two devices may want one artifact).
 * Throws RUN_CANCELLED when `signal` fires meanwhile.
 */
export async function takeOwnership(stagingRoot: string, key: string, runId: string, signal: AbortSignal): Promise<void> {
  const path = ownerPath(stagingRoot, key);
  const self = identifyProcess(process.pid);
  const mine: Owner = { pid: process.pid, startTicks: self?.startTicks ?? null, runId, released: false };
  const claim = join(stagingRoot, `${TEMP_PREFIX}${String(process.pid)}-${key}`);
  await writeFile(claim, JSON.stringify(mine));
  let removedOther = false;
  try {
    for (;;) {
      if (signal.aborted)
        throw new PenumbraError('RUN_CANCELLED', 'the run was cancelled while it waited for another run', {
          remedy: 'Resume it when you like.',
        });
      const claimed = await claimOnce(claim, path);
      if (claimed !== 'no') {
        if (!removedOther && claimed === 'at once') return;
        await pause(SETTLE_MS);
        if ((await readOwner(stagingRoot, key))?.pid === process.pid) return;
        continue;
      }
      const owner = await readOwner(stagingRoot, key);
      if (owner !== null && ownerIsAlive(owner) && owner.pid !== process.pid) await pause(POLL_MS);
      else {
        await rm(path, { force: true });
        removedOther = true;
      }
    }
  } finally {
    await rm(claim, { force: true });
  }
}

/** What file systems without hard links, such as exFAT, answer. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * A hard link is made or not made, never half: of several that try, one wins. Where there are no links, the file is made exclusively and
 * then filled: one that read it empty may have taken its owner for dead, so the caller has to look again.
 */
async function claimOnce(claim: string, path: string): Promise<'no' | 'at once' | 'in two steps'> {
  try {
    faultPoint('owner.link');
    await link(claim, path);
    return 'at once';
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'no';
    if (!NO_LINKS.has(codeOf(error))) throw error;
  }
  try {
    await writeFile(path, await readFile(claim), { flag: 'wx' });
    return 'in two steps';
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'no';
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Says that nobody works on the key any more; who did last stays known, for sweeps. */
export async function releaseOwnership(stagingRoot: string, key: string, runId: string): Promise<void> {
  await writeFile(
    ownerPath(stagingRoot, key),
    JSON.stringify({ pid: process.pid, startTicks: null, runId, released: true } satisfies Owner),
  );
}

export async function forgetOwnership(stagingRoot: string, key: string): Promise<void> {
  await rm(ownerPath(stagingRoot, key), { force: true });
}
