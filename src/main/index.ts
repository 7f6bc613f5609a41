/** The Electron shell: one window on the page, a host behind it, and native menus and dialogs around it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, BrowserWindow, dialog, ipcMain, Menu, protocol, screen, session, shell } from 'electron';
import { toErrorValue } from '#shared/errors.ts';
import { CHANNELS } from '../preload/channels.ts';
import type { LeaveReason } from '../preload/window-verbs.ts';
import { dataRoot, repositoryRoot } from '../../scripts/lib/cache.mjs';
import { confineToPage, denyPermissions } from './app/guards.ts';
import { confirmLeave, type Leave } from './app/leaving.ts';
import { menuTemplate } from './app/menu.ts';
import { PageQuestions } from './app/page-questions.ts';
import { projectArgument } from './app/project-argument.ts';
import { answerRequest, PAGE_SCHEME, PAGE_URL } from './app/scheme.ts';
import { shellStrings } from './app/strings.ts';
import { answerVerbs } from './app/verbs.ts';
import { currentState, windowOptions } from './app/window.ts';
import { readWindowState, writeWindowState } from './app/window-state.ts';
import { createHostCalls } from './host/host-calls.ts';
import { openHost, pageDir } from './host/open-host.ts';
import { loadStaticFiles } from './server/static-files.ts';

const PRELOAD = path.join(path.dirname(fileURLToPath(import.meta.url)), '../preload/index.cjs');

app.setPath('userData', path.join(dataRoot(), 'window'));
protocol.registerSchemesAsPrivileged([PAGE_SCHEME]);
// A second start hands its project to the first and goes.
if (app.requestSingleInstanceLock()) run().catch(fail);
else app.quit();

async function run(): Promise<void> {
  const { version } = JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8')) as { version: string };
  const page = await loadStaticFiles(pageDir());
  const host = openHost({ shell: 'electron', version, buildId: page.buildId, onOpened: onProjectOpened });
  const calls = createHostCalls(host);
  const questions = new PageQuestions();
  // The core starts while Electron does.
  const opening = host.openAtStart(projectArgument(process.argv, process.cwd()));

  app.on('open-file', (event, file) => {
    event.preventDefault();
    void opening.then(() => openProject(file));
  });
  app.on('web-contents-created', (_event, contents) => confineToPage(contents, (link) => shell.openExternal(link)));
  await app.whenReady();
  denyPermissions(session.defaultSession);
  session.defaultSession.protocol.handle(PAGE_SCHEME.scheme, (request) => answerRequest({ host, calls, page }, request));
  answerVerbs({ ipcMain, dialog, shell, window: () => window, questions });

  const state = readWindowState(dataRoot(), screen.getAllDisplays().map(({ workArea }) => workArea));
  const window = new BrowserWindow(windowOptions(PRELOAD, state));
  if (state?.isMaximized === true) window.maximize();
  window.once('ready-to-show', () => window.show());
  showMenu();
  await window.loadURL(PAGE_URL);

  app.on('second-instance', (_event, argv, cwd) => {
    if (window.isMinimized()) window.restore();
    window.focus();
    const dir = projectArgument(argv, cwd);
    if (dir !== null) void opening.then(() => openProject(dir));
  });
  // Closing the window is quitting: what is asked before, and what is ended then, is the same.
  window.on('close', (event) => {
    event.preventDefault();
    void quit();
  });
  app.on('before-quit', (event) => {
    event.preventDefault();
    void quit();
  });
  // A page with unsaved strokes holds back its unloading; not after the user has been asked about them.
  let isUnloadAgreed = false;
  window.webContents.on('will-prevent-unload', (event) => {
    if (isUnloadAgreed) event.preventDefault();
  });

  let isAsking = false;
  async function confirm(reason: LeaveReason): Promise<Leave> {
    if (isAsking) return null;
    isAsking = true;
    try {
      return await confirmLeave(reason, {
        unsavedGestures: (why) => questions.unsavedGestures(window.webContents, why),
        runningRuns: () => host.runningRuns(),
        ask: async (question) => (await dialog.showMessageBox(window, { type: 'question', noLink: true, ...question })).response,
      });
    } finally {
      isAsking = false;
    }
  }

  async function quit(): Promise<void> {
    const leave = await confirm('quit');
    if (leave === null) return;
    writeWindowState(dataRoot(), currentState(window));
    window.hide();
    await host.close(leave.runs);
    app.exit(0);
  }

  async function reload(): Promise<void> {
    if ((await confirm('reload')) === null) return;
    isUnloadAgreed = true;
    window.webContents.once('did-finish-load', () => (isUnloadAgreed = false));
    window.webContents.reload();
  }

  async function openProject(dir: string): Promise<void> {
    const leave = await confirm('switch-project');
    if (leave === null) return;
    try {
      // The page sees its events end, and another project in the next hello.
      await host.open(dir, leave.runs);
    } catch (thrown) {
      const { message, remedy } = toErrorValue(thrown);
      await dialog.showMessageBox(window, { type: 'error', message: shellStrings.notOpened, detail: `${message}\n\n${remedy}` });
    }
  }

  function onProjectOpened(project: { readonly dir: string }): void {
    app.addRecentDocument(project.dir);
    if (app.isReady()) showMenu();
  }

  function showMenu(): void {
    const template = menuTemplate(host.recents.list(), {
      command: (command) => window.webContents.send(CHANNELS.menuCommand, command),
      openProject: (dir) => void openProject(dir),
      reload: () => void reload(),
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }
}

/** Nothing can be shown without a page: say why on the terminal and in a dialog, and go. */
function fail(thrown: unknown): void {
  const { message, remedy } = toErrorValue(thrown);
  process.stderr.write(`error: ${message}\n${remedy}\n`);
  if (app.isReady()) dialog.showErrorBox(message, remedy);
  app.exit(1);
}
