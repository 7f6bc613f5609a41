import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { encodeGesture } from '#shared/mask/tile-diff.ts';
import { BASES, EDIT_CLASSES, EDIT_SIZES, baseMap, makeEditProject, paintGesture, painted, readBase, type Paint } from '../../../../tests/support/edit-project.ts';
import { openProject } from '../open.ts';
import type { Project } from '../project.ts';
import { EditService } from './edit-service.ts';

const [A, B] = BASES;
const IMAGE = EDIT_SIZES[0].id;
const OTHER = EDIT_SIZES[1].id;
const PAINT: Paint = { x: 50, y: 20, width: 40, height: 30, label: 2 };

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0).reverse()) close();
});

async function setUp(): Promise<{ project: Project; edits: EditService; reopen: () => Promise<{ project: Project; edits: EditService }> }> {
  const { dir, remove } = await makeEditProject();
  opened.push(remove);
  const reopen = async () => {
    const project = await openProject(dir);
    opened.push(() => project.close());
    return { project, edits: new EditService(project, readBase) };
  };
  return { ...(await reopen()), reopen };
}

let clientIds = 0;
async function paint(edits: EditService, shape: Paint, base: string = A, imageId: string = IMAGE) {
  const gesture = paintGesture(await edits.correctedMap(imageId, base), shape);
  if (gesture === null) throw new Error('the stroke changes nothing; choose another');
  const { revision } = edits.state(imageId);
  return edits.commit({ imageId, base, expectedRevision: revision, tool: 'brush', diff: gesture.diff, clientGestureId: `gesture-${clientIds++}` });
}

describe('corrections', () => {
  it('are committed, undone and redone, and survive reopening', async () => {
    const { edits, reopen } = await setUp();
    expect(edits.state(IMAGE)).toEqual({ imageId: IMAGE, base: null, revision: 0, gestures: 0, undoable: 0, redoable: 0, conflictPixels: 0, review: 'unreviewed' });
    await paint(edits, PAINT);
    const after = await paint(edits, { ...PAINT, x: 0, label: 255 });
    expect(after).toMatchObject({ base: A, revision: 2, gestures: 2, undoable: 2, redoable: 0 });
    const both = await edits.correctedMap(IMAGE, A);
    expect(both).toEqual(painted(painted(baseMap(A, IMAGE), PAINT), { ...PAINT, x: 0, label: 255 }));
    expect(await edits.undo({ imageId: IMAGE, expectedRevision: 2 })).toMatchObject({ revision: 3, gestures: 1, redoable: 1 });
    expect(await edits.correctedMap(IMAGE, A)).toEqual(painted(baseMap(A, IMAGE), PAINT));
    const again = (await reopen()).edits;
    expect(await again.redo({ imageId: IMAGE, expectedRevision: 3 })).toMatchObject({ revision: 4, gestures: 2, redoable: 0 });
    expect(await again.correctedMap(IMAGE, A)).toEqual(both);
  });

  it('keep gestures in the log that were undone and painted over', async () => {
    const { edits } = await setUp();
    await paint(edits, PAINT);
    await edits.undo({ imageId: IMAGE, expectedRevision: 1 });
    await paint(edits, { ...PAINT, x: 10 });
    await expect(edits.redo({ imageId: IMAGE, expectedRevision: 3 })).rejects.toMatchObject({ code: 'EDIT_NOTHING_TO_REDO' });
    const { total, gestures } = edits.log(IMAGE, 0, 10);
    expect(total).toBe(2);
    expect(gestures.map(({ sequence, state, tool }) => [sequence, state, tool])).toEqual([[2, 'applied', 'brush'], [1, 'discarded', 'brush']]);
    expect(gestures[0]?.changedPixels).toBeGreaterThan(0);
  });

  it('are refused when stale, and nothing changes', async () => {
    const { edits } = await setUp();
    await paint(edits, PAINT);
    const gesture = paintGesture(await edits.correctedMap(IMAGE, A), { ...PAINT, label: 3 });
    const commit = { imageId: IMAGE, base: A, tool: 'brush', diff: gesture?.diff ?? new Uint8Array(), clientGestureId: 'stale-gesture' };
    await expect(edits.commit({ ...commit, expectedRevision: 0 })).rejects.toMatchObject({ code: 'EDIT_STALE', details: { expected: 0, found: 1 } });
    await expect(edits.commit({ ...commit, base: B, expectedRevision: 1 })).rejects.toMatchObject({ code: 'EDIT_STALE' });
    // A stroke drawn on the bare base does not start from the corrected map.
    const onBase = paintGesture(baseMap(A, IMAGE), { ...PAINT, label: 3 });
    await expect(edits.commit({ ...commit, diff: onBase?.diff ?? new Uint8Array(), expectedRevision: 1 })).rejects.toMatchObject({ code: 'EDIT_STALE' });
    await expect(edits.undo({ imageId: IMAGE, expectedRevision: 0 })).rejects.toMatchObject({ code: 'EDIT_STALE' });
    expect(edits.state(IMAGE)).toMatchObject({ revision: 1, gestures: 1 });
    expect(await edits.correctedMap(IMAGE, A)).toEqual(painted(baseMap(A, IMAGE), PAINT));
    await expect(edits.commit({ ...commit, expectedRevision: 1 })).resolves.toMatchObject({ revision: 2 });
  });

  it('sent twice count once', async () => {
    const { edits } = await setUp();
    const gesture = paintGesture(baseMap(A, IMAGE), PAINT);
    const commit = { imageId: IMAGE, base: A, expectedRevision: 0, tool: 'brush', diff: gesture?.diff ?? new Uint8Array(), clientGestureId: 'sent-twice' };
    const [first, second] = await Promise.all([edits.commit(commit), edits.commit(commit)]);
    expect(second).toEqual(first);
    expect(edits.log(IMAGE, 0, 10).total).toBe(1);
  });

  it.each([
    ['random bytes', Uint8Array.of(1, 2, 3)],
    ['no tiles', encodeGesture({ width: 130, height: 70 }, [])],
    ['another size', encodeGesture({ width: 64, height: 64 }, [{ tx: 0, ty: 0, before: new Uint8Array(4096), after: new Uint8Array(4096).fill(1) }])],
    ['a value that is no class', paintGesture(baseMap(A, IMAGE), { ...PAINT, label: EDIT_CLASSES + 1 })?.diff ?? new Uint8Array()],
  ])('of %s are malformed', async (_, diff) => {
    const { edits } = await setUp();
    await expect(edits.commit({ imageId: IMAGE, base: A, expectedRevision: 0, tool: 'brush', diff, clientGestureId: 'malformed' })).rejects.toMatchObject({ code: 'EDIT_MALFORMED' });
    expect(edits.state(IMAGE).revision).toBe(0);
  });

  it('of an image or on a base that is not there are refused', async () => {
    const { edits } = await setUp();
    const diff = paintGesture(baseMap(A, IMAGE), PAINT)?.diff ?? new Uint8Array();
    const commit = { imageId: IMAGE, base: A, expectedRevision: 0, tool: 'brush', diff, clientGestureId: 'nowhere-1' };
    await expect(edits.commit({ ...commit, imageId: 'im_9999999999999999' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(edits.commit({ ...commit, base: 'f'.repeat(32) })).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    await expect(edits.undo({ imageId: IMAGE, expectedRevision: 0 })).rejects.toMatchObject({ code: 'EDIT_NOTHING_TO_UNDO' });
  });

  it('replayed on a new base win, and show where the two disagree', async () => {
    const { edits, project } = await setUp();
    await paint(edits, PAINT);
    await paint(edits, { x: 5, y: 5, width: 10, height: 10, label: 1 }, A, OTHER);
    const before = baseMap(A, IMAGE);
    const now = baseMap(B, IMAGE);
    const inside = (pixel: number) => {
      const [x, y] = [pixel % before.width, Math.floor(pixel / before.width)];
      return x >= PAINT.x && x < PAINT.x + PAINT.width && y >= PAINT.y && y < PAINT.y + PAINT.height;
    };
    const edited = before.data.reduce((count, label, pixel) => count + (inside(pixel) && label !== PAINT.label ? 1 : 0), 0);
    const conflicting = before.data.reduce(
      (count, label, pixel) => count + (inside(pixel) && label !== PAINT.label && now.data[pixel] !== label && now.data[pixel] !== PAINT.label ? 1 : 0),
      0,
    );
    expect(conflicting).toBeGreaterThan(0);
    const images = await edits.rebase({ base: B });
    expect(images).toMatchObject([{ imageId: IMAGE, editedPixels: edited, conflictPixels: conflicting }, { imageId: OTHER }]);
    expect(edits.state(IMAGE)).toMatchObject({ base: B, revision: 2, conflictPixels: conflicting });
    const corrected = await edits.correctedMap(IMAGE, B);
    const expected = now.data.map((label, pixel) => (inside(pixel) && before.data[pixel] !== PAINT.label ? PAINT.label : label));
    expect(corrected.data).toEqual(expected);
    const { pixels, map } = await edits.conflictMap(IMAGE, B);
    expect(pixels).toBe(conflicting);
    expect(map.data.reduce((sum, value) => sum + value, 0)).toBe(conflicting);
    expect([...project.editBases()].sort()).toEqual([A, B]);
    // Painting over a conflict on the new base settles it.
    await paint(edits, { ...PAINT, label: 4 }, B);
    expect(edits.state(IMAGE).conflictPixels).toBe(0);
    await edits.undo({ imageId: IMAGE, expectedRevision: 3 });
    expect(edits.state(IMAGE).conflictPixels).toBe(conflicting);
  });

  it('are rebased all or none', async () => {
    const { edits } = await setUp();
    await paint(edits, PAINT);
    await paint(edits, { x: 5, y: 5, width: 10, height: 10, label: 1 }, A, OTHER);
    await expect(edits.rebase({ imageIds: [IMAGE, 'im_9999999999999999'], base: B })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(edits.rebase({ base: 'f'.repeat(32) })).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    expect([edits.state(IMAGE).base, edits.state(OTHER).base]).toEqual([A, A]);
  });

  it('made elsewhere come in as one gesture', async () => {
    const { edits } = await setUp();
    await paint(edits, PAINT);
    const map: LabelMap = painted(baseMap(A, IMAGE), { ...PAINT, y: 0, label: 255 });
    expect(await edits.replaceCorrected({ imageId: IMAGE, base: A, map, clientGestureId: 'replace-1' })).toMatchObject({ revision: 2, gestures: 2 });
    expect(await edits.correctedMap(IMAGE, A)).toEqual(map);
    expect(await edits.replaceCorrected({ imageId: IMAGE, base: A, map, clientGestureId: 'replace-2' })).toMatchObject({ revision: 2 });
    await expect(edits.replaceCorrected({ imageId: OTHER, base: A, map, clientGestureId: 'replace-3' })).rejects.toMatchObject({ code: 'MASK_SIZE_MISMATCH' });
    const foreign = painted(map, { ...PAINT, label: 77 });
    await expect(edits.replaceCorrected({ imageId: IMAGE, base: A, map: foreign, clientGestureId: 'replace-4' })).rejects.toMatchObject({ code: 'MASK_UNKNOWN_CLASS' });
    await expect(edits.replaceCorrected({ imageId: IMAGE, base: B, map, clientGestureId: 'replace-5' })).rejects.toMatchObject({ code: 'EDIT_STALE' });
  });

  it('keep a review state beside them', async () => {
    const { edits, project } = await setUp();
    expect(await edits.setReview(IMAGE, 'flagged')).toMatchObject({ review: 'flagged', revision: 0 });
    await paint(edits, PAINT);
    expect(edits.state(IMAGE).review).toBe('flagged');
    expect(project.images.list({ review: 'flagged', edited: true }, 0, 10)).toMatchObject({ total: 1, images: [{ id: IMAGE }] });
    expect(project.images.list({ review: 'unreviewed' }, 0, 10).images.map(({ id }) => id)).toEqual([OTHER]);
    expect(project.info().counts).toMatchObject({ reviewed: 1, edited: 1 });
  });

  it('change the fingerprint of edits, which undoing brings back', async () => {
    const { edits, project } = await setUp();
    const none = project.edits.fingerprints();
    await paint(edits, PAINT);
    const one = project.edits.fingerprints();
    expect(one).not.toEqual(none);
    await edits.undo({ imageId: IMAGE, expectedRevision: 1 });
    expect(project.edits.fingerprints()).toEqual(none);
    await edits.redo({ imageId: IMAGE, expectedRevision: 2 });
    expect(project.edits.fingerprints()).toEqual(one);
  });

  /** The second computation: whole maps and per-pixel records kept in plain arrays, nothing shared with the service but the base maps. */
  it('agree with a naive model over any series of strokes, undo, redo, rebases and restarts', { timeout: 240_000 }, async () => {
    const shape = fc.record({ x: fc.integer({ min: 0, max: 129 }), y: fc.integer({ min: 0, max: 69 }), width: fc.integer({ min: 1, max: 80 }), height: fc.integer({ min: 1, max: 60 }), label: fc.constantFrom(0, 1, 2, 3, 4, 255) });
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('paint' as const), shape }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('undo' as const, 'redo' as const, 'restart' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('rebase' as const), base: fc.constantFrom(...BASES) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 14 }), async (actions) => {
        const { edits: first, reopen } = await setUp();
        let edits = first;
        let base: string = A;
        const model = new NaiveCorrections();
        for (const step of actions) {
          const { revision, gestures } = edits.state(IMAGE);
          if (step.kind === 'paint') {
            const gesture = paintGesture(model.corrected(base), step.shape);
            if (gesture === null) continue;
            await edits.commit({ imageId: IMAGE, base, expectedRevision: revision, tool: 'brush', diff: gesture.diff, clientGestureId: `model-${clientIds++}` });
            model.paint(base, step.shape);
          } else if (step.kind === 'restart') edits = (await reopen()).edits;
          else if (step.kind === 'rebase') {
            // Corrections that are all undone have no base to move; the next stroke takes the one it is made on.
            if (gestures === 0) continue;
            await edits.rebase({ base: step.base });
            base = step.base;
          } else {
            const possible = step.kind === 'undo' ? model.undo() : model.redo();
            const done = edits[step.kind]({ imageId: IMAGE, expectedRevision: revision });
            if (possible) await done;
            else await expect(done).rejects.toMatchObject({ code: step.kind === 'undo' ? 'EDIT_NOTHING_TO_UNDO' : 'EDIT_NOTHING_TO_REDO' });
          }
          // Not toEqual: it takes longer over ten thousand bytes than all the rest.
          expect(Buffer.compare((await edits.correctedMap(IMAGE, base)).data, model.corrected(base).data)).toBe(0);
          expect(edits.state(IMAGE)).toMatchObject({ conflictPixels: model.conflicts(base), undoable: model.done.length, redoable: model.undone.length });
        }
        for (const close of opened.splice(0).reverse()) close();
      }),
      { numRuns: 25 },
    );
  });
});

interface Stroke {
  readonly shape: Paint;
  readonly base: string;
  /** Pixels that the stroke changed when it was made. */
  readonly pixels: readonly number[];
}

class NaiveCorrections {
  done: Stroke[] = [];
  undone: Stroke[] = [];

  paint(base: string, shape: Paint): void {
    const before = this.corrected(base);
    const after = painted(before, shape);
    this.done.push({ shape, base, pixels: [...after.data.keys()].filter((pixel) => after.data[pixel] !== before.data[pixel]) });
    this.undone = [];
  }

  undo(): boolean {
    const stroke = this.done.pop();
    if (stroke !== undefined) this.undone.push(stroke);
    return stroke !== undefined;
  }

  redo(): boolean {
    const stroke = this.undone.pop();
    if (stroke !== undefined) this.done.push(stroke);
    return stroke !== undefined;
  }

  corrected(base: string): LabelMap {
    const map = baseMap(base, IMAGE);
    for (const { shape, pixels } of this.done) for (const pixel of pixels) map.data[pixel] = shape.label;
    return map;
  }

  conflicts(base: string): number {
    const now = baseMap(base, IMAGE);
    const bases = new Map(BASES.map((known) => [known, baseMap(known, IMAGE)]));
    const last = new Map<number, Stroke>();
    for (const stroke of this.done) for (const pixel of stroke.pixels) last.set(pixel, stroke);
    let count = 0;
    for (const [pixel, stroke] of last) {
      if (now.data[pixel] !== stroke.shape.label && now.data[pixel] !== bases.get(stroke.base)?.data[pixel]) count += 1;
    }
    return count;
  }
}
