import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blobs, dataset, edits, project as projectContract } from '#shared/contract/index.ts';
import { EditState } from '#shared/contract/edits.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { exchange, type HttpAnswer } from '#main/client/transport.ts';
import { artifactOf } from '../support/live-core.ts';
import { runs } from '#shared/contract/index.ts';
import { addLargePhoto, LARGE, untilTiled } from '../support/photo-dataset.ts';
import { correctedMap, painted, setStage, type Stage } from './scene.ts';

let stage: Stage;
let ids: Readonly<Record<(typeof blobs)[number]['name'], string>>;

beforeAll(async () => {
  stage = await setStage({ prepare: addLargePhoto });
  const { imageId, refinedKey } = stage.scene;
  const [large] = (await stage.client.call(dataset.listImages, { filter: { nameContains: LARGE.name } })).images;
  await untilTiled(stage.client, large?.id ?? '');
  ids = {
    photo: imageId,
    thumb: `${imageId}.128`,
    display: imageId,
    'photo-tile': `${large?.id ?? ''}.0.3.2`,
    truth: imageId,
    layer: `${refinedKey}.${imageId}`,
    'run-sample': `${stage.scene.runId}.0-first-batch`,
    corrected: `${imageId}.${refinedKey}`,
    conflicts: `${imageId}.${refinedKey}`,
  };
});
afterAll(() => stage.strike());

function get(address: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET'): Promise<HttpAnswer> {
  return exchange(stage.client.address, { method, path: address, headers });
}
const errorOf = (answer: HttpAnswer): unknown => (JSON.parse(answer.bytes.toString()) as { error: unknown }).error;
const table = blobs.map((blob) => [blob.name, blob] as const);

describe('every blob', () => {
  test.each(table)('%s answers a GET with bytes, type and tag, and 304 while unchanged', async (name) => {
    const address = `/api/blob/${name}/${ids[name]}`;
    const first = await get(address);
    expect(first.status).toBe(200);
    expect(first.bytes.length).toBeGreaterThan(0);
    expect(first.headers['x-content-type-options']).toBe('nosniff');
    const { etag = '' } = first.headers;
    expect(etag).toMatch(/^"[\w-]+"$/);
    const again = await get(address, { 'if-none-match': etag });
    expect(again).toMatchObject({ status: 304, bytes: Buffer.alloc(0) });
    const head = await get(address, {}, 'HEAD');
    expect(head).toMatchObject({ status: 200, bytes: Buffer.alloc(0), headers: { 'content-length': String(first.bytes.length) } });
  });

  test.each(table)('%s answers ranges', async (name) => {
    const address = `/api/blob/${name}/${ids[name]}`;
    const whole = (await get(address)).bytes;
    const part = await get(address, { range: 'bytes=4-9' });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes 4-9/${whole.length}` } });
    expect(part.bytes).toEqual(whole.subarray(4, 10));
    const tail = await get(address, { range: 'bytes=-5' });
    expect(tail.bytes).toEqual(whole.subarray(-5));
    expect((await get(address, { range: `bytes=${whole.length}-` })).status).toBe(416);
    expect((await get(address, { range: 'bytes=0-1', 'if-range': '"other"' })).bytes).toEqual(whole);
  });

  test.each(table)('%s refuses ids that are not its own', async (name, blob) => {
    for (const id of ['', 'x', '..%2f..%2fproject.db', '%2e%2e%2fproject.db', '..%5cproject.db', 'im_0000%00', `${ids[name]}x`, '%', 'a'.repeat(5000)]) {
      const answer = await get(`/api/blob/${blob.name}/${id}`);
      expect([400, 404], `${name}/${id}`).toContain(answer.status);
      expect(errorOf(answer)).toMatchObject({ code: expect.stringMatching(/^(BAD_REQUEST|NOT_FOUND)$/) as string });
    }
    // A slash that is not escaped leads to no address at all.
    expect((await get(`/api/blob/${name}/../../project.db`)).status).toBe(404);
  });

  test.each(table)('%s knows no image or artifact that was made up', async (name) => {
    const id = ids[name].replace(/im_[0-9a-z]{16}/, 'im_0000000000000000').replace(/[0-9a-f]{32}/, '0'.repeat(32)).replace(/run_\w{12}/, 'run_000000000000');
    const answer = await get(`/api/blob/${name}/${id}`);
    expect(answer.status).toBe(404);
    expect(errorOf(answer)).toMatchObject({ code: expect.stringMatching(/NOT_FOUND$/) as string });
  });

  test.each(table)('%s takes a PUT only where the contract says so', async (name, blob) => {
    if (blob.methods.includes('PUT')) return;
    const answer = await exchange(stage.client.address, { method: 'PUT', path: `/api/blob/${name}/${ids[name]}`, body: Buffer.alloc(0) });
    expect(JSON.parse(answer.bytes.toString())).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } });
    const large = await exchange(stage.client.address, { method: 'PUT', path: `/api/blob/${name}/${ids[name]}`, body: Buffer.alloc(10) });
    expect(large.status).toBe(413);
  });
});

test('an unknown blob name', async () => {
  expect((await get(`/api/blob/files/${ids.photo}`)).status).toBe(404);
  expect((await get('/api/blob/constructor/x')).status).toBe(404);
});

describe('photo', () => {
  test('is the file on disk, byte for byte', async () => {
    const { bytes, headers } = await get(`/api/blob/photo/${ids.photo}`);
    expect(bytes).toEqual(await readFile(path.join(stage.scene.root, 'JPEGImages/a1.jpg')));
    expect(headers['content-type']).toBe('image/jpeg');
  });

  test('that went missing is said so, and comes back', async () => {
    const file = path.join(stage.scene.root, 'JPEGImages/a1.jpg');
    await rename(file, `${file}.away`);
    const answer = await get(`/api/blob/photo/${ids.photo}`);
    await rename(`${file}.away`, file);
    expect(answer.status).toBe(404);
    expect(errorOf(answer)).toMatchObject({ code: 'FILE_MISSING' });
    expect((await get(`/api/blob/photo/${ids.photo}`)).status).toBe(200);
  });
});

test('layer gives score maps as npz too', async () => {
  const run = await stage.client.call(runs.getRun, { runId: stage.scene.runId });
  const { bytes } = await get(`/api/blob/layer/${artifactOf(run, 'cams')}.${stage.scene.imageId}`);
  expect(bytes.subarray(0, 2).toString()).toBe('PK');
  const { layers } = await stage.client.call(dataset.getImage, { imageId: stage.scene.imageId });
  expect(layers.map((layer) => layer.kind)).toContain('score-maps');
  for (const layer of layers) expect((await get(`/api/blob/layer/${layer.blob}`)).status).toBe(200);
});

test('layer looks at the file it gives and at no other: a damaged one harms itself alone', async () => {
  const { client, project, scene } = stage;
  const { images } = await client.call(dataset.listImages, { filter: { nameContains: 'a2' } });
  const damaged = path.join(project.dir, 'artifacts', scene.refinedKey, `${images[0]?.id ?? ''}.png`);
  const whole = await readFile(damaged);
  try {
    for (const harm of [() => writeFile(damaged, whole.subarray(1)), () => rm(damaged)]) {
      await harm();
      expect((await get(`/api/blob/layer/${ids.layer}`)).status).toBe(200);
      expect(errorOf(await get(`/api/blob/layer/${scene.refinedKey}.${images[0]?.id ?? ''}`))).toMatchObject({ code: 'ARTIFACT_DAMAGED' });
    }
  } finally {
    await writeFile(damaged, whole);
  }
});

describe('run-sample', () => {
  test('is the picture that a stage reported, under the step it came from', async () => {
    const { client, scene } = stage;
    const { samples } = await client.call(runs.runSamples, { runId: scene.runId });
    expect(samples.map(({ id, step, title }) => ({ id, step, title }))).toEqual([
      { id: '0-first-batch', step: 'classifier', title: 'Photos as the net sees them' },
      { id: '5-first-batch', step: 'segmenter', title: 'Photos as the net sees them' },
    ]);
    for (const { id } of samples) {
      const { bytes, headers } = await get(`/api/blob/run-sample/${scene.runId}.${id}`);
      expect(headers['content-type']).toBe('image/png');
      expect(decode(bytes)).toMatchObject({ width: 3, height: 2, channels: 3, data: Uint8Array.from({ length: 18 }, (_, at) => at) });
    }
  });

  test('that no stage made is not there', async () => {
    const answer = await get(`/api/blob/run-sample/${stage.scene.runId}.0-other`);
    expect(answer.status).toBe(404);
    expect(errorOf(answer)).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('corrected', () => {
  test('a PUT map comes back, is logged as one gesture, and undo brings the base back', async () => {
    const { client, scene } = stage;
    const id = ids.corrected;
    const base = await correctedMap(client, scene.imageId, scene.refinedKey);
    const wanted = painted(base, 2, 30);
    const state = await client.putBlob('corrected', id, encodeLabelPng(wanted), EditState);
    expect(state).toMatchObject({ revision: 1, gestures: 1, base: scene.refinedKey });
    expect(await correctedMap(client, scene.imageId, scene.refinedKey)).toEqual(wanted);
    const again = await client.putBlob('corrected', id, encodeLabelPng(wanted), EditState);
    expect(again.revision).toBe(1);
    await client.call(edits.undoGesture, { imageId: scene.imageId, expectedRevision: 1 });
    expect(await correctedMap(client, scene.imageId, scene.refinedKey)).toEqual(base);
    // The same map once more is a new gesture, although its bytes were sent before.
    expect((await client.putBlob('corrected', id, encodeLabelPng(wanted), EditState)).gestures).toBe(1);
    expect(await correctedMap(client, scene.imageId, scene.refinedKey)).toEqual(wanted);
  });

  test('the PNG carries the classes’ colours', async () => {
    const { bytes } = await get(`/api/blob/corrected/${ids.corrected}`);
    const { classes } = await stage.client.call(projectContract.getProject, {});
    const { palette } = decode(bytes);
    for (const item of classes) expect(palette?.[item.index]?.slice(0, 3)).toEqual(item.colour);
  });

  test.each([
    ['another size', () => encodeLabelPng({ width: 3, height: 2, data: new Uint8Array(6) }), 'MASK_SIZE_MISMATCH'],
    ['a class that does not exist', () => encodeLabelPng({ width: 96, height: 80, data: new Uint8Array(96 * 80).fill(9) }), 'MASK_UNKNOWN_CLASS'],
    ['no PNG', () => Buffer.from('not a picture'), 'IMAGE_UNREADABLE'],
    ['half a PNG', () => encodeLabelPng({ width: 96, height: 80, data: new Uint8Array(96 * 80).map((_, i) => i % 3) }).subarray(0, 700), 'IMAGE_TRUNCATED'],
  ])('a PUT of %s is refused and changes nothing', async (_what, make, code) => {
    const { client, scene } = stage;
    const before = await client.call(edits.getEditState, { imageId: scene.imageId });
    await expect(client.putBlob('corrected', ids.corrected, make(), EditState)).rejects.toMatchObject({ code });
    expect(await client.call(edits.getEditState, { imageId: scene.imageId })).toEqual(before);
  });

  test('a PUT beyond the limit is refused by its declared length', async () => {
    const limit = 64 * 1024 * 1024;
    const answer = await exchange(stage.client.address, {
      method: 'PUT',
      path: `/api/blob/corrected/${ids.corrected}`,
      body: Buffer.alloc(limit + 1),
    });
    expect(answer.status).toBe(413);
  });
});

test('photos are never written to', async () => {
  const { mtimeMs } = await stat(path.join(stage.scene.root, 'JPEGImages/a1.jpg'));
  await exchange(stage.client.address, { method: 'PUT', path: `/api/blob/photo/${ids.photo}`, body: Buffer.alloc(0) });
  expect((await stat(path.join(stage.scene.root, 'JPEGImages/a1.jpg'))).mtimeMs).toBe(mtimeMs);
});
