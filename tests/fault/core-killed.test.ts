import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dataset, edits, runs } from '#shared/contract/index.ts';
import { PenumbraError } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { createClient } from '#main/client/client.ts';
import { openAnswer } from '#main/client/transport.ts';
import { artifactOf, clientOf, importTiny, runTiny, startTestCore } from '../support/live-core.ts';
import { killHard, killLeftovers, startCoreProcess, type CoreProcess } from '../support/processes.ts';
import { makeEmptyProject, type TinyProject } from '../support/tiny-project.ts';
import { correctedMap, gestureBetween, painted } from '../contract/scene.ts';

const KILLS = 50;

let tiny: TinyProject;
/** Image and base that gestures are made on. */
let imageId: string;
let base: string;

beforeEach(async () => {
  tiny = await makeEmptyProject();
  const core = await startTestCore(tiny.dir);
  const client = clientOf(core);
  await importTiny(client, tiny.root);
  base = artifactOf(await runTiny(client), 'refined');
  imageId = (await client.call(dataset.listImages, {})).images[0]?.id ?? '';
  await core.close('cancel');
});
afterEach(async () => {
  await killLeftovers();
  await tiny.remove();
});

/** A map that differs from `map`, another one for each `n`. */
function stroke(map: LabelMap, n: number): LabelMap {
  const row = (n * 7) % (map.height - 2);
  return painted(map, map.data[row * map.width] === 1 ? 2 : 1, row);
}

interface Painted {
  readonly map: LabelMap;
  readonly revision: number;
}

/**
 * Commits a few gestures, then goes on while the core is killed `afterMs` later. Returns what was acknowledged last, and the map
 * that was on its way.
 */
async function paintUntilKilled(core: CoreProcess, from: Painted, kill: { afterGestures: number; afterMs: number }) {
  const client = createClient({ socketPath: core.socketPath });
  let killed: Promise<void> | null = null;
  let saved = from;
  for (;;) {
    if (killed === null && saved.revision >= from.revision + kill.afterGestures) {
      killed = new Promise<void>((resolve) => setTimeout(resolve, kill.afterMs)).then(() => killHard(core.child));
    }
    const inFlight = stroke(saved.map, saved.revision);
    try {
      const { revision } = await client.call(edits.commitGesture, {
        imageId,
        base,
        expectedRevision: saved.revision,
        tool: 'brush',
        diff: gestureBetween(saved.map, inFlight),
        clientGestureId: `gesture-${saved.revision}`,
      });
      saved = { map: inFlight, revision };
    } catch (thrown) {
      await killed;
      if (!(thrown instanceof PenumbraError) || thrown.code !== 'SHUTTING_DOWN') throw thrown;
      return { saved, inFlight };
    }
  }
}

test(`a core killed with -9 at ${KILLS} moments between gestures loses no acknowledged gesture`, async () => {
  let core = await startCoreProcess(tiny.dir);
  let state: Painted = { map: await correctedMap(createClient({ socketPath: core.socketPath }), imageId, base), revision: 0 };
  for (let kill = 0; kill < KILLS; kill++) {
    // Spread over the few milliseconds that a gesture takes.
    const { saved, inFlight } = await paintUntilKilled(core, state, { afterGestures: 1 + (kill % 3), afterMs: (kill * 7) % 23 });
    core = await startCoreProcess(tiny.dir);
    const client = createClient({ socketPath: core.socketPath });
    const { revision } = await client.call(edits.getEditState, { imageId });
    // The gesture in flight was either saved whole, or not at all.
    expect([saved.revision, saved.revision + 1]).toContain(revision);
    const map = await correctedMap(client, imageId, base);
    expect(map).toEqual(revision === saved.revision ? saved.map : inFlight);
    state = { map, revision };
  }
  expect(state.revision).toBeGreaterThan(KILLS);
  await killHard(core.child);
}, 300_000);

describe('ending in good order', () => {
  test('SIGTERM answers what is running, ends streams, lets the project go', async () => {
    const core = await startCoreProcess(tiny.dir);
    const client = createClient({ socketPath: core.socketPath });
    const stream = await openAnswer(client.address, { method: 'GET', path: '/api/events?after=0' });
    stream.resume();
    const streamEnded = once(stream, 'end');
    const map = await correctedMap(client, imageId, base);
    const next = stroke(map, 0);
    const commit = client.call(edits.commitGesture, {
      imageId,
      base,
      expectedRevision: 0,
      tool: 'brush',
      diff: gestureBetween(map, next),
      clientGestureId: 'gesture-at-the-end',
    });
    // The request is under way when the signal comes.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const exited = once(core.child, 'exit');
    core.child.kill('SIGTERM');
    const outcome = await commit.then(
      (state) => state.revision,
      (thrown: unknown) => (thrown as PenumbraError).code,
    );
    expect([1, 'SHUTTING_DOWN']).toContain(outcome);
    await streamEnded;
    expect(await exited).toEqual([0, null]);
    expect(existsSync(path.join(tiny.dir, 'project.lock'))).toBe(false);
    expect(existsSync(core.socketPath)).toBe(false);
    const again = await startCoreProcess(tiny.dir);
    const { revision } = await createClient({ socketPath: again.socketPath }).call(edits.getEditState, { imageId });
    expect(revision).toBe(outcome === 1 ? 1 : 0);
    await killHard(again.child);
  });

  test('SIGTERM cancels a running run, which can be resumed', async () => {
    const core = await startCoreProcess(tiny.dir);
    const client = createClient({ socketPath: core.socketPath });
    const { id } = await client.call(runs.startRun, { recipe: 'slow' });
    while ((await client.call(runs.getRun, { runId: id })).state !== 'running') await new Promise((resolve) => setTimeout(resolve, 30));
    const exited = once(core.child, 'exit');
    core.child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    const again = await startCoreProcess(tiny.dir);
    expect((await createClient({ socketPath: again.socketPath }).call(runs.getRun, { runId: id })).state).toBe('cancelled');
    await killHard(again.child);
  });

  test('a core killed with -9 leaves its run interrupted, its socket dead and its project free', async () => {
    const core = await startCoreProcess(tiny.dir);
    const { id } = await createClient({ socketPath: core.socketPath }).call(runs.startRun, { recipe: 'slow' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await killHard(core.child);
    const again = await startCoreProcess(tiny.dir);
    const client = createClient({ socketPath: again.socketPath });
    expect((await client.call(runs.getRun, { runId: id })).state).toBe('interrupted');
    expect(existsSync(core.socketPath)).toBe(false);
    await killHard(again.child);
  });
});

test('two processes on one project: the second learns where the first answers', async () => {
  const core = await startCoreProcess(tiny.dir);
  await expect(startTestCore(tiny.dir)).rejects.toMatchObject({ code: 'PROJECT_LOCKED', details: { socket: core.socketPath } });
  await killHard(core.child);
  const next = await startTestCore(tiny.dir);
  await next.close('cancel');
});
