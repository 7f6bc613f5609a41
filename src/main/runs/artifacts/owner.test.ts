import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const KEY = '0123456789abcdef0123456789abcdef';
const never = new AbortController().signal;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penumbra-owner-'));
});
afterEach(() => {
  delete process.env['PENUMBRA_FAULTS'];
  vi.resetModules();
  rmSync(dir, { recursive: true, force: true });
});

describe('ownership', () => {
  it.each(['', 'owner.link=EPERM'])('is taken, kept from others and given back (%s: a file system without hard links)', async (faults) => {
    process.env['PENUMBRA_FAULTS'] = faults;
    const { readOwner, releaseOwnership, takeOwnership } = await import('./owner.ts');
    await takeOwnership(dir, KEY, 'run_000000000000', never);
    expect(await readOwner(dir, KEY)).toMatchObject({ pid: process.pid, runId: 'run_000000000000', released: false });
    await releaseOwnership(dir, KEY, 'run_000000000000');
    await takeOwnership(dir, KEY, 'run_000000000001', never);
    expect(await readOwner(dir, KEY)).toMatchObject({ runId: 'run_000000000001', released: false });
    expect(readdirSync(dir)).toEqual([`${KEY}.owner`]);
  });
});
