import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { exportCalls } from './exports.ts';

vi.mock('./plan.ts', () => ({ planExport: () => Promise.resolve({ kind: 'masks', images: [], corrected: false, lost: [], artifact: null }) }));

const dir = mkdtempSync(path.join(tmpdir(), 'penumbra-export-'));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('can be cancelled while it is still being planned, and leaves nothing', async () => {
  const project = { dir: path.join(dir, 'project'), datasetRoot: () => null, classes: { all: () => [] } };
  const calls = exportCalls({ project, publish: () => undefined } as never);
  const target = path.join(dir, 'out');
  const exported = calls['exports.start']({ what: 'seeds', target });
  expect(calls['exports.cancel']({})).toEqual({ cancelled: true });
  await expect(exported).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  expect(existsSync(target)).toBe(false);
  expect(calls['exports.cancel']({})).toEqual({ cancelled: false });
});
