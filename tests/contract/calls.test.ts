import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT_HEADER } from '#shared/contract/define.ts';
import { calls, dataset, runs, scores, system, type AnyCall } from '#shared/contract/index.ts';
import { exchange, type HttpAnswer } from '#main/client/transport.ts';
import { clientOf, importTiny, startTestCore, untilEnded } from '../support/live-core.ts';
import { samples } from './call-samples.ts';
import { describeEveryCall } from './contract-cases.ts';
import { setStage, type Stage } from './scene.ts';
import { makeEmptyProject } from '../support/tiny-project.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.strike());

function post(name: string, body: string, headers: Record<string, string> = { 'content-type': 'application/json' }): Promise<HttpAnswer> {
  return exchange(stage.client.address, { method: 'POST', path: `/api/call/${name}`, headers, body });
}

async function postJson(name: string, input: unknown): Promise<{ status: number; reply: unknown }> {
  const answer = await post(name, JSON.stringify(input));
  return { status: answer.status, reply: JSON.parse(answer.bytes.toString()) as unknown };
}

/** shutdown ends the core, so it has a test of its own; the doctor tries every engine, which takes seconds and is tested with the set-up. */
describeEveryCall<AnyCall>({ calls, apart: ['system.shutdown', 'system.doctor'], sampleOf: (call) => samples(stage.scene)[call.name], post });

describe('requests that reach no call', () => {
  test('an unknown name', async () => {
    expect(await postJson('runs.destroy', {})).toMatchObject({ status: 404, reply: { error: { code: 'NOT_FOUND' } } });
    expect(await postJson('constructor', {})).toMatchObject({ status: 404 });
    expect(await postJson('__proto__', {})).toMatchObject({ status: 404 });
  });

  test('a body that is not JSON', async () => {
    const answer = await post('project.get', '{"a":');
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.bytes.toString())).toMatchObject({ error: { code: 'BAD_REQUEST' } });
  });

  test('a content type that another site could send unasked', async () => {
    const answer = await post('project.get', '{}', { 'content-type': 'text/plain' });
    expect(answer.status).toBe(400);
  });

  test('a body beyond the limit is refused by its declared length', async () => {
    const answer = await post('project.get', JSON.stringify({ filler: 'x'.repeat(5 * 1024 * 1024) }));
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.bytes.toString())).toMatchObject({ error: { code: 'BODY_TOO_LARGE', details: { limitBytes: 4 * 1024 * 1024 } } });
  });

  test('a call that is meant for another project does nothing', async () => {
    const { projectId } = await stage.client.call(system.hello, {});
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({});
    const refused = await post('project.get', body, { ...headers, [PROJECT_HEADER]: 'another' });
    expect(refused.status).toBe(409);
    expect(JSON.parse(refused.bytes.toString())).toMatchObject({ ok: false, error: { code: 'OTHER_PROJECT' } });
    expect((await post('project.get', body, { ...headers, [PROJECT_HEADER]: projectId })).status).toBe(200);
  });

  test('another method, another address', async () => {
    const { address } = stage.client;
    expect((await exchange(address, { method: 'GET', path: '/api/call/project.get' })).status).toBe(400);
    expect((await exchange(address, { method: 'GET', path: '/api/call' })).status).toBe(404);
    expect((await exchange(address, { method: 'GET', path: '/' })).status).toBe(404);
    expect((await exchange(address, { method: 'GET', path: '/api/call/a/b/c' })).status).toBe(404);
  });
});

describe('calls that fail on the shared scene', () => {
  test('dataset.inspect and dataset.import fill an empty project, once', async () => {
    const project = await makeEmptyProject();
    const core = await startTestCore(project.dir);
    try {
      const client = clientOf(core);
      const found = await client.call(dataset.inspectDataset, { root: project.root });
      expect(found).toMatchObject({ images: 6, masks: 6, csvFiles: ['labels.csv'], classNames: ['cat', 'dog'] });
      const request = { root: project.root, tags: { kind: 'csv', file: 'labels.csv' } } as const;
      expect(await client.call(dataset.importDataset, request)).toMatchObject({ imported: 6, withTruth: 6, classes: 2 });
      await expect(client.call(dataset.importDataset, request)).rejects.toMatchObject({ code: 'PROJECT_EXISTS' });
    } finally {
      await core.close('cancel');
      await project.remove();
    }
  });

  test('a cancelled import leaves the project empty', async () => {
    const project = await makeEmptyProject();
    const core = await startTestCore(project.dir);
    try {
      const client = clientOf(core);
      const importing = importTiny(client, project.root);
      const refused = expect(importing).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
      for (let asked = { cancelled: false }; !asked.cancelled; ) asked = await client.call(dataset.cancelImport, {});
      await refused;
      expect((await client.call(dataset.listImages, {})).total).toBe(0);
      await importTiny(client, project.root);
      expect((await client.call(dataset.listImages, {})).total).toBe(6);
    } finally {
      await core.close('cancel');
      await project.remove();
    }
  });

  test('runs.start, runs.cancel and runs.resume', async () => {
    const { client } = stage;
    const run = await client.call(runs.startRun, { recipe: 'slow' });
    expect(['queued', 'running']).toContain(run.state);
    const cancelled = await client.call(runs.cancelRun, { runId: run.id });
    expect(cancelled.state).toBe('cancelled');
    const resumed = await client.call(runs.resumeRun, { runId: run.id });
    expect(['queued', 'running']).toContain(resumed.state);
    await client.call(runs.cancelRun, { runId: run.id });
    expect((await untilEnded(client, run.id)).state).toBe('cancelled');
  });

  test('scores.start scores the newest run again and logs its look at the vault', async () => {
    const { client } = stage;
    const queued = await client.call(scores.startScore, {});
    expect((await untilEnded(client, queued.id)).state).toBe('done');
    const { table } = await client.call(scores.getScores, {});
    expect(new Set(table.layers.map((layer) => layer.layer))).toEqual(new Set(['seeds', 'refined', 'corrected', 'segmenter']));
  });
});

test('system.doctor names what brings each missing thing', async () => {
  const { items } = await stage.client.call(system.doctor, {});
  expect(items.length).toBeGreaterThan(3);
  for (const item of items) if (item.state === 'missing') expect(item.remedy, item.id).not.toBeNull();
}, 120_000);
