import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BrowserWindow, Dialog, Shell } from 'electron';
import { beforeEach, expect, it } from 'vitest';
import { CHANNELS } from '../../preload/channels.ts';
import { PageQuestions } from './page-questions.ts';
import { projectArgument } from './project-argument.ts';
import { answerVerbs, type VerbServices } from './verbs.ts';

type Listener = (event: unknown, input: unknown) => unknown;
const listeners = new Map<string, Listener>();
const done: string[] = [];

beforeEach(() => {
  done.length = 0;
  const register = (channel: string, listener: Listener): unknown => listeners.set(channel, listener);
  answerVerbs({
    ipcMain: { handle: register, on: register } as unknown as VerbServices['ipcMain'],
    dialog: {
      showOpenDialog: () => Promise.resolve({ canceled: false, filePaths: ['/data/photos'] }),
      showSaveDialog: () => Promise.resolve({ canceled: true, filePath: '' }),
    } as unknown as Dialog,
    shell: { openExternal: (link: string) => Promise.resolve(done.push(link)), showItemInFolder: (file: string) => done.push(file) } as unknown as Shell,
    window: (() => ({})) as unknown as () => BrowserWindow,
    questions: new PageQuestions(),
  });
});

const PAGE = { senderFrame: { url: 'penumbra://app/#/data', parent: null } };
const send = async (channel: string, input: unknown, event: unknown = PAGE): Promise<unknown> => await listeners.get(channel)?.(event, input);

it('every channel is answered', () => {
  const { beforeLeave, menuCommand, ...answered } = CHANNELS;
  expect([...listeners.keys()].sort()).toEqual(Object.values(answered).sort());
  expect([beforeLeave, menuCommand].every((channel) => !listeners.has(channel))).toBe(true);
});

it('does what the page asks', async () => {
  expect(await send(CHANNELS.chooseFolder, { title: 'Photos' })).toBe('/data/photos');
  expect(await send(CHANNELS.chooseTarget, { title: 'Export', suggested: 'masks' })).toBeNull();
  expect(await send(CHANNELS.reveal, tmpdir())).toBe(true);
  expect(await send(CHANNELS.reveal, path.join(tmpdir(), 'not there'))).toBe(false);
  expect(await send(CHANNELS.openLink, 'https://arxiv.org/abs/1')).toBe(true);
  expect(await send(CHANNELS.openLink, 'https://evil.example/')).toBe(false);
  expect(done).toEqual([tmpdir(), 'https://arxiv.org/abs/1']);
});

const ALL = Object.values(CHANNELS).filter((channel) => channel !== CHANNELS.beforeLeave && channel !== CHANNELS.menuCommand);

it.each(ALL)('%s is refused to anyone but the page', async (channel) => {
  const input = { title: 'x' };
  for (const senderFrame of [null, { url: 'https://evil.example/', parent: null }, { url: 'penumbra://app/', parent: {} }]) {
    await expect(send(channel, input, { senderFrame })).rejects.toThrow('not from the page');
  }
});

it.each(ALL)('%s refuses what is malformed', async (channel) => {
  for (const input of [undefined, null, 7, {}, { title: 7 }, ['x'], 'relative/path'.repeat(1000)]) await expect(send(channel, input)).rejects.toThrow();
});

it('finds the project among the arguments of a start', () => {
  const sample = path.resolve(import.meta.dirname, '../../../resources/sample/project');
  expect(projectArgument(['electron', '.', '--no-sandbox', sample], '/')).toBe(sample);
  expect(projectArgument(['electron', path.join(sample, 'project.db')], '/')).toBe(sample);
  expect(projectArgument(['electron', 'project'], path.dirname(sample))).toBe(sample);
  expect(projectArgument(['electron', '.', '/nowhere', '--project=x'], '/')).toBeNull();
  expect(projectArgument([], '/')).toBeNull();
});
