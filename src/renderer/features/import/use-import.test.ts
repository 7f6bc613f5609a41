import { createPinia, setActivePinia } from 'pinia';
import { describe, expect, it, vi } from 'vitest';
import { createRenderer } from 'vue';
import { useConnection } from '#renderer/stores/connection.ts';
import { isFolderName, joinPath, namesOf, namesProblem, provideImport } from './use-import.ts';

/** The core, as the page sees it: calls with the project they are meant for. */
const core = vi.hoisted(() => ({ sent: [] as string[], whileImporting: () => {} }));
vi.mock('#renderer/api/client.ts', () => ({
  callsAreFor: () => undefined,
  callHost: () => Promise.resolve({}),
  call: async ({ name }: { name: string }, _: unknown, { projectId = null }: { projectId?: string | null } = {}) => {
    core.sent.push(`${name} ${projectId}`);
    if (name === 'dataset.import') core.whileImporting();
    return Promise.resolve({ splits: [{ name: 'train' }] });
  },
}));

it('declares supervision in the project that the photos went into, whatever is opened meanwhile', async () => {
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
  const connection = useConnection();
  Object.assign(connection, { projectId: 'mine', state: 'live' });
  core.whileImporting = () => (connection.projectId = 'other');
  const made: ReturnType<typeof provideImport>[] = [];
  createApp({ setup: () => (made.push(provideImport('open')), () => null) })
    .use(pinia)
    .mount({});
  await made[0]?.start();
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
