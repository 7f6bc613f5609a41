import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataset, edits, exports as exportsContract, project as projectContract, runs, scores } from '#shared/contract/index.ts';
import { decodeLabelPng } from '#main/images/palette-png.ts';
import { exchange } from '#main/client/transport.ts';
import { TINY_IMAGES, tinyTruth } from '../support/tiny-dataset.ts';
import { clientOf, startTestCore, untilEnded } from '../support/live-core.ts';
import { setStage, type Stage } from './scene.ts';
import { makeEmptyProject } from '../support/tiny-project.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.strike());

describe('truth', () => {
  const get = (method: 'GET' | 'HEAD' = 'GET', headers: Record<string, string> = {}) =>
    exchange(stage.client.address, { method, path: `/api/blob/truth/${stage.scene.imageId}`, headers });
  const looks = async () =>
    (await stage.client.call(projectContract.vaultLog, { limit: 1000 })).entries.filter((entry) => entry.by === 'blob truth');

  test('is the mask in the colours of the classes, kept by nobody, each look logged', async () => {
    await stage.client.call(projectContract.setClasses, { classes: [{ index: 1, name: '<img src=x onerror=alert(1)>', colour: '#102030' }] });
    const first = await get();
    expect(first).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store', 'content-type': 'image/png' } });
    const [image] = TINY_IMAGES;
    if (image === undefined) throw new Error('the tiny dataset has an image');
    expect(decodeLabelPng(first.bytes, 'truth').map).toEqual(tinyTruth(image));
    expect(first.bytes.includes(Buffer.of(0x10, 0x20, 0x30))).toBe(true);
    await get('HEAD');
    await get('GET', { 'if-none-match': first.headers.etag ?? '' });
    const logged = await looks();
    expect(logged).toHaveLength(3);
    for (const entry of logged) expect(entry).toMatchObject({ purpose: 'look', source: 'truth', images: 1, imageId: stage.scene.imageId, runId: null });
  });

  test('no other call or blob of an image opens the vault', async () => {
    const before = await stage.client.call(projectContract.vaultLog, {});
    const { imageId, refinedKey } = stage.scene;
    await stage.client.call(dataset.getImage, { imageId });
    await stage.client.call(edits.getEditState, { imageId });
    for (const address of [`photo/${imageId}`, `layer/${refinedKey}.${imageId}`, `corrected/${imageId}.${refinedKey}`]) {
      expect((await exchange(stage.client.address, { method: 'GET', path: `/api/blob/${address}` })).status).toBe(200);
    }
    expect(await stage.client.call(projectContract.vaultLog, {})).toEqual(before);
  });
});

test.each([
  ['a control character', { name: 'cat\nname' }, 'classes.0.name'],
  ['nothing but spaces', { name: '  ' }, 'classes.0.name'],
  ['301 characters', { name: 'x'.repeat(301) }, 'classes.0.name'],
  ['half a character', { name: '\ud800' }, 'classes.0.name'],
  ['a colour that is none', { colour: 'red' }, 'classes.0.colour'],
  ['a colour out of range', { colour: [0, 0, 256] }, 'classes.0.colour'],
])('project.setClasses refuses %s', async (_what, change, field) => {
  const input = { classes: [{ index: 1, name: 'cat', colour: '#000000', ...change }] };
  const answer = await exchange(stage.client.address, {
    method: 'POST',
    path: '/api/call/project.setClasses',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  expect(JSON.parse(answer.bytes.toString())).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST', details: { path: expect.stringContaining(field) as string } } });
});

test('a queued run can be moved, and runs in its new place', async () => {
  const { client } = stage;
  const start = (seed: number, steps = 3) => client.call(runs.startRun, { recipe: 'tiny', seed, overrides: { 'classifier.steps': steps } });
  const first = await start(11, 2000);
  const [a, b, c] = [await start(12), await start(13), await start(14)];
  const queue = async () => (await client.call(runs.runQueue, {})).queue.map(({ id }) => id);
  expect(await queue()).toEqual([a.id, b.id, c.id]);
  const moved = await client.call(runs.moveRun, { runId: c.id, before: a.id });
  expect(moved.queue.map(({ id }) => id)).toEqual([c.id, a.id, b.id]);
  await client.call(runs.moveRun, { runId: a.id, before: null });
  await client.call(runs.moveRun, { runId: b.id, before: b.id });
  expect(await queue()).toEqual([c.id, b.id, a.id]);
  await expect(client.call(runs.moveRun, { runId: first.id, before: null })).rejects.toMatchObject({ code: 'RUN_NOT_QUEUED' });
  await expect(client.call(runs.moveRun, { runId: c.id, before: first.id })).rejects.toMatchObject({ code: 'RUN_NOT_QUEUED' });
  await expect(client.call(runs.moveRun, { runId: 'run_zzzzzzzzzzzz', before: null })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await client.call(runs.cancelRun, { runId: first.id });
  const ended = await Promise.all([c, b, a].map(({ id }) => untilEnded(client, id)));
  const starts = ended.map(({ startedAt }) => startedAt ?? '');
  expect(starts).toEqual([...starts].sort());
}, 60_000);

test('a cancelled export leaves nothing, and the next one works', async () => {
  const { client, scene } = stage;
  const target = path.join(path.dirname(stage.project.dir), 'cancelled');
  const request = { what: 'refined', runId: scene.runId, target } as const;
  let outcome: unknown;
  // An export may be done before the cancel arrives; then another is made.
  for (let attempt = 0; outcome === undefined && attempt < 50; attempt++) {
    let settled = false;
    const isSettled = (): boolean => settled; // set from elsewhere
    const exporting = client
      .call(exportsContract.startExport, { ...request, exportId: `cancelled-${attempt}`, target: attempt === 0 ? target : `${target}-${attempt}` })
      .then(() => undefined, (thrown: unknown) => thrown)
      .finally(() => (settled = true));
    while (!isSettled() && !(await client.call(exportsContract.cancelExport, { exportId: `cancelled-${attempt}` })).cancelled);
    outcome = await exporting;
    if (outcome === undefined) await rename(attempt === 0 ? target : `${target}-${attempt}`, `${target}-done-${attempt}`);
  }
  expect(outcome).toMatchObject({ code: 'RUN_CANCELLED' });
  expect(existsSync(target)).toBe(false);
  await client.call(exportsContract.startExport, request);
  expect(await readFile(path.join(target, 'classes.txt'), 'utf8')).toContain('dog');
  expect(await client.call(exportsContract.cancelExport, { exportId: 'cancelled-0' })).toEqual({ cancelled: false });
  const { exports: known } = await client.call(exportsContract.listExports, {});
  expect(known.at(-1)).toMatchObject({ request, ended: true });
});

test('the images of every cell of the confusion matrix add up to it, largest first, and the vault stays shut', async () => {
  const { client, scene } = stage;
  const before = await client.call(projectContract.vaultLog, {});
  const { table } = await client.call(scores.getScores, { runId: scene.runId });
  expect(table.layers.length).toBeGreaterThan(2);
  for (const { layer, split, confusion } of table.layers) {
    for (const [truth, row] of confusion.entries()) {
      for (const [column, pixels] of row.entries()) {
        const predicted = column === confusion.length ? 255 : column;
        const { images } = await client.call(scores.scoreCell, { runId: scene.runId, layer, split, truth, predicted, limit: 1000 });
        const counts = images.map((image) => image.pixels);
        expect(counts.reduce((sum, count) => sum + count, 0), `${layer} ${split} ${truth} ${predicted}`).toBe(pixels);
        expect(counts).toEqual([...counts].sort((a, b) => b - a));
        if (pixels > 0) expect(images.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
      }
    }
  }
  await expect(client.call(scores.scoreCell, { runId: scene.runId, layer: 'dreams', split: 'val', truth: 0, predicted: 0 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await client.call(projectContract.vaultLog, {})).toEqual(before);
});

test('a project without classes and images answers every question about them', async () => {
  const empty = await makeEmptyProject();
  const core = await startTestCore(empty.dir);
  const client = clientOf(core);
  expect(await client.call(projectContract.getProject, {})).toMatchObject({ classes: [], splits: [], counts: { images: 0 } });
  expect(await client.call(dataset.countFacets, {})).toMatchObject({ total: 0, classes: [], untagged: 0, splits: [], hasTruth: { yes: 0, no: 0 } });
  expect(await client.call(dataset.listImageIds, {})).toEqual({ ids: [] });
  expect(await client.call(dataset.classStats, {})).toEqual({ classes: [], untagged: 0, together: [] });
  expect(await client.call(runs.runQueue, {})).toEqual({ queue: [] });
  await expect(client.call(projectContract.setClasses, { classes: [{ index: 1, name: 'x', colour: '#000000' }] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(client.call(scores.getScores, {})).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  await core.close('cancel');
  await empty.remove();
});
