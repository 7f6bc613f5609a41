import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { exportCalls } from './exports.ts';

/** Plans are done when the test says so. */
const plans = vi.hoisted(() => ({ waiting: [] as (() => void)[] }));
vi.mock('./plan.ts', () => ({
  planExport: () => new Promise((resolve) => plans.waiting.push(() => resolve({ kind: 'model', lost: [], artifact: { manifest: { files: [] } } }))),
}));

let dir: string;
let calls: ReturnType<typeof exportCalls>;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'penumbra-export-'));
  plans.waiting.length = 0;
  const project = { dir: path.join(dir, 'project'), datasetRoot: () => null };
  calls = exportCalls({ project, publish: () => undefined } as never);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const start = (exportId: string) => calls['exports.start']({ what: 'classifier', target: path.join(dir, exportId), exportId }) as Promise<unknown>;
async function planned(count: number): Promise<void> {
  await vi.waitFor(() => expect(plans.waiting).toHaveLength(count));
  for (const go of plans.waiting) go();
}

it('can be cancelled while it is still being planned, and leaves nothing', async () => {
  const exported = start('export-a');
  expect(calls['exports.cancel']({ exportId: 'export-a' })).toEqual({ cancelled: true });
  const refused = expect(exported).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  await planned(1);
  await refused;
  expect(existsSync(path.join(dir, 'export-a'))).toBe(false);
  expect(calls['exports.cancel']({ exportId: 'export-a' })).toEqual({ cancelled: false });
});

it('is cancelled alone: another export goes on', async () => {
  const [a, b] = [start('export-a'), start('export-b')];
  expect(calls['exports.cancel']({ exportId: 'export-a' })).toEqual({ cancelled: true });
  const refused = expect(a).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  await planned(2);
  await refused;
  expect(await b).toMatchObject({ files: 1, target: path.join(dir, 'export-b') });
});

it('is listed while it runs and when it has ended, and its id starts nothing again', async () => {
  const exported = start('export-a');
  const request = { what: 'classifier', target: path.join(dir, 'export-a') };
  expect(await calls['exports.list']({})).toMatchObject({ exports: [{ exportId: 'export-a', request, ended: false }] });
  const again = start('export-a');
  await planned(1);
  expect(await again).toEqual(await exported);
  expect(await start('export-a')).toEqual(await exported);
  expect(plans.waiting).toHaveLength(1);
  expect(await calls['exports.list']({})).toMatchObject({ exports: [{ exportId: 'export-a', ended: true }] });
});
