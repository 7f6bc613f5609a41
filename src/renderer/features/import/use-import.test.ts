import { createPinia, setActivePinia } from 'pinia';
import { describe, expect, it, vi } from 'vitest';
import { createRenderer } from 'vue';
import { useConnection } from '#renderer/stores/connection.ts';
import { isFolderName, joinPath, namesOf, namesProblem, provideImport } from './use-import.ts';

/** The core, as the page sees it: calls with the project they are meant for. */
const core = vi.hoisted(() => ({ sent: [] as string[], whileImporting: (): unknown => undefined, cancels: 0 }));
vi.mock('#renderer/api/client.ts', () => ({
  callsAreFor: () => undefined,
  callHost: () => Promise.resolve({}),
  call: async ({ name }: { name: string }, _: unknown, { projectId = null }: { projectId?: string | null } = {}) => {
    core.sent.push(`${name} ${projectId}`);
    if (name === 'dataset.import') await core.whileImporting();
    if (name === 'dataset.cancelImport') return { cancelled: ++core.cancels > 2 };
    return Promise.resolve({ splits: [{ name: 'train' }] });
  },
}));

/** The wizard's state in a component without a document. */
function mountImport(): ReturnType<typeof provideImport> {
  const nothing = (): null => null;
  const { createApp } = createRenderer<object, object>({
    insert: nothing,
    remove: nothing,
    createElement: () => ({}),
    createText: () => ({}),
    createComment: () => ({}),
    setText: nothing,
    setElementText: nothing,
    parentNode: nothing,
    nextSibling: nothing,
    patchProp: nothing,
  });
  const pinia = createPinia();
  setActivePinia(pinia);
  Object.assign(useConnection(), { projectId: 'mine', state: 'live' });
  const made: ReturnType<typeof provideImport>[] = [];
  createApp({ setup: () => (made.push(provideImport('open')), () => null) })
    .use(pinia)
    .mount({});
  const [wizard] = made;
  if (wizard === undefined) throw new Error('nothing was mounted');
  return wizard;
}

it('cancels an import that gets to the core after the wish to cancel it', async () => {
  let end: () => void = () => undefined;
  core.whileImporting = () => new Promise<void>((resolve) => (end = resolve));
  const wizard = mountImport();
  const started = wizard.start();
  await expect.poll(() => wizard.phase.value).toBe('reading');
  await wizard.cancel();
  expect(core.cancels).toBe(3);
  end();
  await started;
});

it('declares supervision in the project that the photos went into, whatever is opened meanwhile', async () => {
  const wizard = mountImport();
  core.sent = [];
  core.whileImporting = () => (useConnection().projectId = 'other');
  await wizard.start();
  expect(core.sent).toEqual(['dataset.import mine', 'project.get mine', 'project.setSupervision mine']);
});

describe('class names as typed', () => {
  it('are lines, trimmed, without empty ones', () => {
    expect(namesOf(' cat \r\n\n dog')).toEqual(['cat', 'dog']);
  });
  it.each([
    [[], 'Name at least one class.'],
    [['a', 'b', 'a'], '“a” is named twice.'],
    [Array.from({ length: 255 }, (_, at) => String(at)), '255 classes; at most 254.'],
    [['a'], null],
  ])('%#: %s', (names, expected) => {
    expect(namesProblem(names)).toBe(expected);
  });
});

it.each([
  ['birds 2', true], [' ', false], ['a/b', false], ['..', false], ['a\u0007', false], ['x'.repeat(121), false], ['.hidden', true], ['a:b', false],
])('%j can be a folder: %s', (name, expected) => {
  expect(isFolderName(name)).toBe(expected);
});

it('joins as the platform writes paths', () => {
  expect(joinPath('/home/ann', 'p')).toBe('/home/ann/p');
  expect(joinPath('/', 'p')).toBe('/p');
  expect(joinPath('C:\\Users', 'p')).toBe('C:\\Users\\p');
});
