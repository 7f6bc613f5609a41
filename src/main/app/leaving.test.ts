import { describe, expect, it } from 'vitest';
import type { LeaveReason } from '../../preload/window-verbs.ts';
import { confirmLeave } from './leaving.ts';
import { PageQuestions } from './page-questions.ts';

function leave(scene: { reason?: LeaveReason; unsaved?: number | null; running?: string[]; answers?: string[] }) {
  const asked: string[] = [];
  const answers = [...(scene.answers ?? [])];
  const outcome = confirmLeave(scene.reason ?? 'quit', {
    unsavedGestures: () => Promise.resolve(scene.unsaved === undefined ? 0 : scene.unsaved),
    runningRuns: () => Promise.resolve((scene.running ?? []).map((recipe) => ({ recipe }))),
    ask: ({ message, buttons, cancelId }) => {
      asked.push(message);
      const label = answers.shift();
      return Promise.resolve(label === undefined ? cancelId : buttons.indexOf(label));
    },
  });
  return outcome.then((result) => ({ result, asked }));
}

describe('confirmLeave', () => {
  it('asks nothing where there is nothing to lose', async () => {
    expect(await leave({})).toEqual({ result: { runs: 'wait' }, asked: [] });
  });

  it('strokes that are not saved: staying is what a dismissed dialog means', async () => {
    expect(await leave({ unsaved: 3 })).toEqual({ result: null, asked: ['3 strokes are not saved yet.'] });
    expect(await leave({ unsaved: 1, answers: ['Leave without them'] })).toMatchObject({ result: { runs: 'wait' } });
  });

  it('a page that does not answer is not taken for saved', async () => {
    expect(await leave({ unsaved: null })).toEqual({ result: null, asked: ['The window does not answer.'] });
    expect(await leave({ unsaved: null, answers: ['Leave anyway'] })).toMatchObject({ result: { runs: 'wait' } });
  });

  it.each([
    ['Keep it running', { runs: 'wait' }],
    ['Cancel the run', { runs: 'cancel' }],
    ['Stay', null],
  ])('a run: %s', async (label, result) => {
    expect(await leave({ running: ['weak-baseline'], answers: [label] })).toEqual({ result, asked: ['A run is going: weak-baseline.'] });
  });

  it('both are asked about, strokes first', async () => {
    const { asked } = await leave({ unsaved: 1, running: ['a', 'b'], answers: ['Leave without them', 'Stay'] });
    expect(asked).toEqual(['One stroke is not saved yet.', '2 runs are going: a, b.']);
  });

  it('a reload leaves runs alone', async () => {
    expect(await leave({ reason: 'reload', running: ['a'] })).toEqual({ result: { runs: 'wait' }, asked: [] });
  });
});

describe('PageQuestions', () => {
  const page = (onSend: (id: number) => void, state: { loading?: boolean; crashed?: boolean } = {}) => ({
    isLoadingMainFrame: () => state.loading === true,
    isCrashed: () => state.crashed === true,
    send: (_channel: string, question: { id: number }) => onSend(question.id),
  });

  it('takes the answer to its own question', async () => {
    const questions = new PageQuestions();
    const answer = questions.unsavedGestures(
      page((id) => {
        questions.take({ id: id + 7, unsavedGestures: 9 });
        questions.take({ id, unsavedGestures: 2 });
      }),
      'quit',
    );
    expect(await answer).toBe(2);
  });

  it('gives up on a page that says nothing', async () => {
    expect(await new PageQuestions({ patienceMs: 20 }).unsavedGestures(page(() => undefined), 'quit')).toBeNull();
  });

  it('does not ask a page that has crashed or not come up', async () => {
    const never = (): never => {
      throw new Error('asked');
    };
    expect(await new PageQuestions().unsavedGestures(page(never, { crashed: true }), 'quit')).toBe(0);
    expect(await new PageQuestions().unsavedGestures(page(never, { loading: true }), 'quit')).toBe(0);
  });

  it.each([null, {}, { id: 1, unsavedGestures: -1 }, { id: 1, unsavedGestures: 'none' }, { id: 1, unsavedGestures: 0, more: 1 }])('refuses %o', (message) => {
    expect(() => new PageQuestions().take(message)).toThrow();
  });
});
