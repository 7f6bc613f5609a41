import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataset, edits, events, exports as exportsContract, project, system, type EventName } from '#shared/contract/index.ts';
import type { Client } from '#main/client/client.ts';
import type { ClientEvent } from '#main/client/events.ts';
import { openAnswer } from '#main/client/transport.ts';
import type { Core } from '#main/core.ts';
import { clientOf, importTiny, runTiny, startTestCore, artifactOf } from '../support/live-core.ts';
import { addLargePhoto, LARGE } from '../support/photo-dataset.ts';
import { correctedMap, gestureBetween, painted } from './scene.ts';
import { makeEmptyProject, type TinyProject } from '../support/tiny-project.ts';

let tiny: TinyProject;
let core: Core;
let client: Client;
let start: number;

beforeAll(async () => {
  tiny = await makeEmptyProject();
  await addLargePhoto(tiny.root);
  core = await startTestCore(tiny.dir);
  client = clientOf(core);
  start = (await client.call(system.hello, {})).lastEvent;
});
afterAll(async () => {
  await core.close('cancel');
  await tiny.remove();
});

/** Events after a number, until `enough`. The client parses each by its contract. */
async function read(after: number, enough: (seen: readonly ClientEvent[]) => boolean, from = client): Promise<ClientEvent[]> {
  const seen: ClientEvent[] = [];
  const stop = new AbortController();
  for await (const event of from.events({ after, signal: stop.signal })) {
    seen.push(event);
    if (enough(seen)) stop.abort();
  }
  return seen;
}

test('every event is sent by what it tells of, and every payload keeps its contract', async () => {
  const wanted = new Set<EventName>(events.map((event) => event.name));
  wanted.delete('system.resync');
  const reading = read(start, (seen) => new Set(seen.map((event) => event.name)).size === wanted.size);
  await importTiny(client, tiny.root);
  const run = await runTiny(client);
  const { images } = await client.call(dataset.listImages, {});
  const imageId = images[0]?.id ?? '';
  await client.call(dataset.photoPyramid, { imageId: images.find(({ name }) => name === LARGE.name)?.id ?? '' });
  const base = artifactOf(run, 'refined');
  const map = await correctedMap(client, imageId, base);
  await client.call(edits.commitGesture, {
    imageId,
    base,
    expectedRevision: 0,
    tool: 'brush',
    diff: gestureBetween(map, painted(map, 2, 4)),
    clientGestureId: 'events-test',
  });
  await client.call(dataset.setTags, { imageId, tags: [1] });
  await client.call(edits.holdImage, { imageId, holder: 'events-test' });
  await client.call(exportsContract.startExport, { what: 'segmenter', target: path.join(path.dirname(tiny.dir), 'model') });
  const seen = await reading;
  expect(new Set(seen.map((event) => event.name))).toEqual(wanted);
  seen.forEach((event, index) => expect(event.number).toBe(start + 1 + index));
}, 60_000);

describe('resuming', () => {
  test('goes on after the number given', async () => {
    const all = await read(start, (seen) => seen.length === 5);
    const rest = await read(start + 2, (seen) => seen.length === 3);
    expect(rest).toEqual(all.slice(2));
  });

  test('a number from another core begins with a resync', async () => {
    for (const after of [0, start - 1, start + 1_000_000]) {
      const [first] = await read(after, () => true);
      const { lastEvent } = await client.call(system.hello, {});
      expect(first).toMatchObject({ name: 'system.resync', number: lastEvent });
    }
  });

  test.each(['-1', 'x', '1e3', '99999999999999999999'])('after=%s is refused', async (after) => {
    const answer = await openAnswer(client.address, { method: 'GET', path: `/api/events?after=${after}` });
    answer.resume();
    expect(answer.statusCode).toBe(400);
  });
});

test('two clients see the same events in the same order', async () => {
  const { lastEvent } = await client.call(system.hello, {});
  const both = [client, clientOf(core)].map((one) => read(lastEvent, (seen) => seen.length === 2, one));
  await client.call(project.setSupervision, { rules: [{ split: 'train', classIndex: null, kind: 'tags' }] });
  const [image] = (await client.call(dataset.listImages, {})).images;
  await client.call(edits.setReview, { imageId: image?.id ?? '', review: 'accepted' });
  const [first, second] = await Promise.all(both);
  expect(first).toEqual(second);
  expect(first?.map((event) => event.name)).toEqual(['project.changed', 'edits.changed']);
});

test('two clients that edit the same image: the second learns that it is stale', async () => {
  const run = await runTiny(client);
  const [, image] = (await client.call(dataset.listImages, {})).images;
  const imageId = image?.id ?? '';
  const base = artifactOf(run, 'refined');
  const map = await correctedMap(client, imageId, base);
  const commit = (row: number, id: string) => ({ imageId, base, expectedRevision: 0, tool: 'brush', diff: gestureBetween(map, painted(map, 2, row)), clientGestureId: id });
  await client.call(edits.commitGesture, commit(4, 'first-client'));
  await expect(clientOf(core).call(edits.commitGesture, commit(40, 'second-client'))).rejects.toMatchObject({ code: 'EDIT_STALE' });
  // A repeated send of what is saved already is harmless.
  expect((await client.call(edits.commitGesture, commit(4, 'first-client'))).revision).toBe(1);
});

test('an idle stream is kept alive by empty lines', async () => {
  const { lastEvent } = await client.call(system.hello, {});
  const answer = await openAnswer(client.address, { method: 'GET', path: `/api/events?after=${lastEvent}` });
  const chunk = await new Promise<Buffer>((resolve) => answer.once('data', resolve));
  answer.destroy();
  expect(chunk.toString()).toBe('\n');
});
