import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EditState } from '#shared/contract/edits.ts';
import { PenumbraError, type ErrorCode } from '#shared/errors.ts';
import { netGestures, type CommitOperation, type EditOperation } from './operation.ts';
import { EditQueue } from './queue.ts';

const A = 'im_000000000000000a';
const B = 'im_000000000000000b';
const fail = (code: ErrorCode) => new PenumbraError(code, code, { remedy: 'none', details: {} });

/** A core in memory: revisions, undo, repeated gestures; each request fails before or after its work when the script says so. */
class FakeCore {
  readonly applied = new Map<string, string[]>();
  readonly undone = new Map<string, string[]>();
  readonly revision = new Map<string, number>();
  readonly seen = new Set<string>();
  script: ('ok' | 'before' | 'after')[] = [];

  state = ({ imageId }: { imageId: string }): Promise<EditState> => Promise.resolve(this.#state(imageId));

  send = async (operation: EditOperation, expectedRevision: number): Promise<EditState> => {
    await Promise.resolve();
    const fate = this.script.shift() ?? 'ok';
    if (fate === 'before') throw fail('SHUTTING_DOWN');
    const { imageId } = operation;
    if (operation.kind === 'commit' && this.seen.has(operation.clientGestureId)) return this.#state(imageId);
    const now = this.revision.get(imageId) ?? 0;
    if (operation.kind !== 'review') {
      if (now !== expectedRevision) throw fail('EDIT_STALE');
      this.revision.set(imageId, now + 1);
    }
    const applied = this.applied.get(imageId) ?? [];
    const undone = this.undone.get(imageId) ?? [];
    if (operation.kind === 'commit') {
      this.seen.add(operation.clientGestureId);
      this.applied.set(imageId, [...applied, operation.clientGestureId]);
      this.undone.set(imageId, []);
    } else if (operation.kind === 'undo') {
      this.applied.set(imageId, applied.slice(0, -1));
      this.undone.set(imageId, [...undone, applied.at(-1) ?? '']);
    } else if (operation.kind === 'redo') {
      this.applied.set(imageId, [...applied, undone.at(-1) ?? '']);
      this.undone.set(imageId, undone.slice(0, -1));
    }
    if (fate === 'after') throw fail('SHUTTING_DOWN');
    return this.#state(imageId);
  };

  #state(imageId: string): EditState {
    return {
      imageId,
      base: 'b'.repeat(32),
      revision: this.revision.get(imageId) ?? 0,
      gestures: this.applied.get(imageId)?.length ?? 0,
      undoable: this.applied.get(imageId)?.length ?? 0,
      redoable: this.undone.get(imageId)?.length ?? 0,
      conflictPixels: 0,
      review: 'unreviewed',
    };
  }
}

function commit(id: string, imageId = A): CommitOperation {
  return { kind: 'commit', projectId: 'p', imageId, base: 'b'.repeat(32), tool: 'brush', diffs: [], size: { width: 1, height: 1 }, clientGestureId: id };
}
const step = (kind: 'undo' | 'redo', imageId = A): EditOperation => ({ kind, projectId: 'p', imageId });

function makeQueue(core: FakeCore, openProject: () => string | null = () => 'p') {
  const landed: EditOperation[] = [];
  const queue = new EditQueue(core, { changed: () => undefined, landed: (operation) => landed.push(operation) }, openProject, () => new Promise((resolve) => setTimeout(resolve, 0)));
  return { queue, landed };
}

/** Ends when nothing waits; unlike `settled`, over all images. */
async function drain(queue: EditQueue): Promise<void> {
  while (queue.waiting() > 0) await new Promise((resolve) => setTimeout(resolve, 0));
}

describe('EditQueue', () => {
  it('lands every operation exactly once and in order, whatever requests and answers are lost', async () => {
    const history = fc.array(fc.constantFrom('commit', 'undo', 'redo'), { maxLength: 12 });
    const script = fc.array(fc.constantFrom('ok', 'before', 'after'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(history, script, async (kinds, fates) => {
        const core = new FakeCore();
        core.script = [...fates];
        const { queue, landed } = makeQueue(core);
        const expected: string[] = [];
        const undone: string[] = [];
        const sent: EditOperation[] = [];
        kinds.forEach((kind, index) => {
          if (kind === 'commit') {
            expected.push(`g${index}`);
            undone.length = 0;
            sent.push(commit(`g${index}`));
          } else if (kind === 'undo' && expected.length > 0) {
            undone.push(expected.pop() ?? '');
            sent.push(step('undo'));
          } else if (kind === 'redo' && undone.length > 0) {
            expected.push(undone.pop() ?? '');
            sent.push(step('redo'));
          }
        });
        for (const operation of sent) queue.add(operation);
        await drain(queue);
        expect(queue.stuck(A)).toBeNull();
        expect(core.applied.get(A) ?? []).toEqual(expected);
        expect(landed).toEqual(sent);
      }),
      { numRuns: 60 },
    );
  });

  it('says what is wrong while the core is away, and nothing once it is back', async () => {
    const core = new FakeCore();
    core.script = ['before', 'before'];
    const { queue } = makeQueue(core);
    queue.add(commit('g0'));
    queue.add(commit('g1'));
    expect(queue.waiting()).toBe(2);
    while (queue.trouble === null) await new Promise((resolve) => setTimeout(resolve, 0));
    expect(queue.trouble.code).toBe('SHUTTING_DOWN');
    await drain(queue);
    expect(queue.trouble).toBeNull();
    expect(core.applied.get(A)).toEqual(['g0', 'g1']);
  });

  it('keeps what the core refuses, and what was made on it, and lets other images go on', async () => {
    const core = new FakeCore();
    const { queue } = makeQueue(core);
    queue.learn({ ...(await core.state({ imageId: A })), revision: 7 });
    queue.add(commit('g0'));
    queue.add(commit('g1'));
    queue.add(commit('other', B));
    await drain(queue);
    queue.add(commit('g2'));
    expect(core.applied.get(B)).toEqual(['other']);
    expect(queue.stuck(A)?.error.code).toBe('EDIT_STALE');
    const kept = queue.takeStuck(A);
    expect(netGestures(kept).map((gesture) => gesture.clientGestureId)).toEqual(['g0', 'g1', 'g2']);
    expect(queue.stuck(A)).toBeNull();
    queue.learn(await core.state({ imageId: A }));
    queue.add(commit('g0 again'));
    await drain(queue);
    expect(core.applied.get(A)).toEqual(['g0 again']);
  });

  it('sends nothing while another project is open', async () => {
    const core = new FakeCore();
    let isOpen = false;
    const { queue } = makeQueue(core, () => (isOpen ? 'p' : 'other'));
    queue.add(commit('g0'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(core.seen.size).toBe(0);
    expect(queue.waiting()).toBe(1);
    isOpen = true;
    queue.kick();
    await drain(queue);
    expect(core.applied.get(A)).toEqual(['g0']);
  });

  it('saves what is made in the open project while what another one left waits, and keeps the two apart on one photo', async () => {
    const core = new FakeCore();
    let open = 'other';
    const { queue } = makeQueue(core, () => open);
    queue.add(commit('left behind'));
    expect(queue.waiting(A)).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    queue.add({ ...commit('made here'), projectId: 'other' });
    await queue.settled(A);
    expect(core.applied.get(A)).toEqual(['made here']);
    expect(queue.waiting()).toBe(1);
    open = 'p';
    queue.kick();
    await drain(queue);
    expect(queue.stuck(A)).toBeNull();
    expect(core.applied.get(A)).toEqual(['made here', 'left behind']);
  });

  it('builds on the revision of the project an operation belongs to, not on that of the same photo elsewhere', async () => {
    const core = new FakeCore();
    let open = 'p';
    const { queue } = makeQueue(core, () => open);
    queue.learn({ ...(await core.state({ imageId: A })), revision: 7 });
    open = 'other';
    expect(queue.knownState(A)).toBeNull();
    queue.add({ ...commit('made here'), projectId: 'other' });
    await drain(queue);
    expect(queue.stuck(A)).toBeNull();
    expect(core.applied.get(A)).toEqual(['made here']);
  });

  it('waits, and keeps the operation, while another project answers in place of its own', async () => {
    const core = new FakeCore();
    let refusals = 3;
    const send = core.send;
    core.send = (operation, revision) => (refusals-- > 0 ? Promise.reject(fail('OTHER_PROJECT')) : send(operation, revision));
    const { queue } = makeQueue(core);
    queue.add(commit('g0'));
    await drain(queue);
    expect(queue.stuck(A)).toBeNull();
    expect(core.applied.get(A)).toEqual(['g0']);
  });

  it('shows what was refused in the project alone that it was made in', async () => {
    const core = new FakeCore();
    let open = 'p';
    const { queue } = makeQueue(core, () => open);
    queue.learn({ ...(await core.state({ imageId: A })), revision: 7 });
    queue.add(commit('refused'));
    await drain(queue);
    expect(queue.stuck(A)).not.toBeNull();
    open = 'other';
    expect(queue.stuck(A)).toBeNull();
    expect(queue.takeStuck(A)).toEqual([]);
    queue.add({ ...commit('made here'), projectId: 'other' });
    await drain(queue);
    expect(core.applied.get(A)).toEqual(['made here']);
    open = 'p';
    expect(queue.takeStuck(A)).toMatchObject([{ clientGestureId: 'refused' }]);
  });
});

describe('netGestures', () => {
  it('leaves undone gestures out, unless they were brought back', () => {
    expect(netGestures([commit('a'), commit('b'), step('undo'), step('undo'), step('redo'), commit('c'), step('redo')]).map((g) => g.clientGestureId)).toEqual(['a', 'c']);
  });

  it('ignores undoing what was saved before', () => {
    expect(netGestures([step('undo'), commit('a')]).map((g) => g.clientGestureId)).toEqual(['a']);
  });
});
