import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { leftOutOf } from '#main/ml/left-out.ts';
import { MemoryRunProject } from '../support/run-project.ts';
import { openFakeRuns, outputHashes, request, runToEnd } from '../support/run-helpers.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const LOST = 'im_0000000000000002';
const CONTENT: Record<string, string> = { a: 'photo a', b: 'photo b', c: 'photo c', d: 'photo d' };

/** A project whose photos exist, with the same content each time. */
async function openRuns() {
  const project = new MemoryRunProject();
  const photos = join(project.dir, 'photos');
  mkdirSync(photos);
  for (const [name, content] of Object.entries(CONTENT)) writeFileSync(join(photos, `${name}.jpg`), content);
  project.dataset = { ...project.dataset, images: project.dataset.images.map((image) => ({ ...image, photoPath: join(photos, `${image.name}.jpg`) })) };
  const opened = await openFakeRuns(project);
  closers.push(async () => {
    await opened.service.close('cancel');
    project.remove();
  });
  const photo = join(photos, 'c.jpg');
  return { ...opened, hide: () => renameSync(photo, `${photo}.away`), bringBack: () => renameSync(`${photo}.away`, photo) };
}

type Opened = Awaited<ReturnType<typeof openRuns>>;

async function wholeHashes() {
  const { service } = await openRuns();
  return outputHashes(service, await runToEnd(service, request('photos')));
}

const states = (run: { steps: { state: string }[] }) => run.steps.map((step) => step.state);
const leftOut = (service: Opened['service'], runId: string, step: string) => leftOutOf(service.stepArtifact(runId, step));

describe('a photo lost in the middle of a run', () => {
  it('is taken in by the next run once it is back, with the bytes of a run that never lost it', async () => {
    const whole = await wholeHashes();
    const { service, hide, bringBack } = await openRuns();
    hide();
    const without = await runToEnd(service, request('photos'));
    expect(without).toMatchObject({ state: 'done' });
    expect(leftOut(service, without.id, 'maps')).toEqual([LOST]);
    expect(leftOut(service, without.id, 'model')).toEqual([LOST]);
    const before = service.stepArtifact(without.id, 'maps');

    // Still away: tried again, found no better, and the artifact stays the one it was.
    const still = await runToEnd(service, request('photos'));
    expect(still).toMatchObject({ state: 'done' });
    expect(service.stepArtifact(still.id, 'maps')).toEqual(before);
    expect(states(still)[1]).toBe('reused'); // no training for nothing
    const { lines } = await service.log({ runId: still.id, afterLine: 0, limit: 100 });
    expect(lines.filter((line) => line.level === 'warn' && line.message.includes('left out')).map((line) => line.step)).toEqual(['maps', 'model']);

    bringBack();
    const back = await runToEnd(service, request('photos'));
    expect(back).toMatchObject({ state: 'done' });
    expect(outputHashes(service, back)).toEqual(whole);
    expect(leftOut(service, back.id, 'maps')).toEqual([]);
    // What was there was taken over, not made again.
    expect(service.stepArtifact(back.id, 'maps')).toMatchObject({ key: before.key, files: expect.arrayContaining(before.files) as unknown });
    expect(states(await runToEnd(service, request('photos')))).toEqual(['reused', 'reused']);
  });

  it('a model that left it out is trained anew only when the photo has changed', async () => {
    const whole = await wholeHashes();
    const { service, trainerEnv, hide, bringBack } = await openRuns();
    // Lost only after the maps were sealed.
    trainerEnv['PENUMBRA_FAULTS'] = 'seal.done=kill@1';
    const broken = await runToEnd(service, request('photos'));
    expect(broken.state).toBe('failed');
    delete trainerEnv['PENUMBRA_FAULTS'];
    hide();
    const run = await service.resume(broken.id).then(() => service.finished(broken.id));
    expect(run.state).toBe('done');
    expect(leftOut(service, run.id, 'maps')).toEqual([]);
    expect(leftOut(service, run.id, 'model')).toEqual([LOST]);
    expect(states(await runToEnd(service, request('photos')))).toEqual(['reused', 'reused']);
    bringBack();
    const back = await runToEnd(service, request('photos'));
    expect(states(back)).toEqual(['reused', 'done']);
    expect(outputHashes(service, back)).toEqual(whole);
  });

  it.each(['artifact.rename=kill@1', 'artifact.written=kill@1', 'seal.complete=kill@1', 'seal.rename=kill@1', 'seal.replace=kill@1', 'seal.done=kill@1'])(
    'killed while it is taken in (%s), a resumed run ends with the same bytes',
    async (fault) => {
      const whole = await wholeHashes();
      const { service, trainerEnv, hide, bringBack } = await openRuns();
      hide();
      const without = await runToEnd(service, request('photos'));
      bringBack();
      trainerEnv['PENUMBRA_FAULTS'] = fault;
      const broken = await runToEnd(service, request('photos'));
      expect(broken).toMatchObject({ state: 'failed', error: { code: 'TRAINER_CRASHED' } });
      // What was sealed is there as long as nothing better is.
      if (!/seal\.replace/.test(fault)) await service.artifacts.open(service.stepArtifact(without.id, 'maps').key);
      delete trainerEnv['PENUMBRA_FAULTS'];
      await service.resume(broken.id);
      const run = await service.finished(broken.id);
      expect(run).toMatchObject({ state: 'done', error: null });
      expect(outputHashes(service, run)).toEqual(whole);
    },
  );
});
