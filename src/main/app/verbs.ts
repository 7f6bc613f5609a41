import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Dialog, IpcMain, IpcMainEvent, IpcMainInvokeEvent, Shell, BrowserWindow } from 'electron';
import * as z from 'zod';
import { CHANNELS } from '../../preload/channels.ts';
import { isAllowedLink, isFromPage } from './guards.ts';
import type { PageQuestions } from './page-questions.ts';

const AbsolutePath = z.string().max(4096).refine((file) => path.isAbsolute(file), 'expected an absolute path');
const FolderQuestion = z.strictObject({ title: z.string().max(200), startAt: AbsolutePath.optional() });
const TargetQuestion = z.strictObject({ title: z.string().max(200), suggested: z.string().max(4096) });

export interface VerbServices {
  readonly ipcMain: Pick<IpcMain, 'handle' | 'on'>;
  readonly dialog: Dialog;
  readonly shell: Shell;
  readonly window: () => BrowserWindow;
  readonly questions: PageQuestions;
}

/** What the preload's verbs reach. Each message is taken from the page alone, and its arguments are parsed. */
export function answerVerbs({ ipcMain, dialog, shell, window, questions }: VerbServices): void {
  const handle = <T extends z.ZodType>(channel: string, schema: T, work: (input: z.output<T>) => unknown): void => {
    ipcMain.handle(channel, async (event: IpcMainInvokeEvent, input: unknown) => {
      requirePage(event, channel);
      return await work(schema.parse(input));
    });
  };

  handle(CHANNELS.chooseFolder, FolderQuestion, async ({ title, startAt }) => {
    const { canceled, filePaths } = await dialog.showOpenDialog(window(), {
      title,
      properties: ['openDirectory', 'createDirectory'],
      ...(startAt === undefined ? {} : { defaultPath: startAt }),
    });
    return canceled ? null : (filePaths[0] ?? null);
  });
  handle(CHANNELS.chooseTarget, TargetQuestion, async ({ title, suggested }) => {
    const { canceled, filePath } = await dialog.showSaveDialog(window(), { title, defaultPath: suggested, properties: ['showOverwriteConfirmation', 'createDirectory'] });
    return canceled || filePath === '' ? null : filePath;
  });
  handle(CHANNELS.reveal, AbsolutePath, (file) => {
    if (!existsSync(file)) return false;
    shell.showItemInFolder(file);
    return true;
  });
  handle(CHANNELS.openLink, z.string().max(2048), async (link) => {
    if (!isAllowedLink(link)) return false;
    await shell.openExternal(link);
    return true;
  });
  ipcMain.on(CHANNELS.leaveAnswer, (event: IpcMainEvent, message: unknown) => {
    requirePage(event, CHANNELS.leaveAnswer);
    questions.take(message);
  });
}

function requirePage(event: IpcMainInvokeEvent | IpcMainEvent, channel: string): void {
  if (!isFromPage(event.senderFrame)) throw new Error(`${channel}: not from the page`);
}
