/** The one thing the page gets of Electron: a frozen `window.penumbra` of named verbs. No channel and no event of Electron's reaches the page. */
import { contextBridge, ipcRenderer } from 'electron';
import { CHANNELS } from './channels.ts';
import type { LeaveReason, MenuCommand, WindowVerbs } from './window-verbs.ts';

const verbs: WindowVerbs = {
  chooseFolder: (options) => ipcRenderer.invoke(CHANNELS.chooseFolder, options) as Promise<string | null>,
  chooseTarget: (options) => ipcRenderer.invoke(CHANNELS.chooseTarget, options) as Promise<string | null>,
  revealInFolder: (path) => ipcRenderer.invoke(CHANNELS.reveal, path) as Promise<boolean>,
  openLink: (url) => ipcRenderer.invoke(CHANNELS.openLink, url) as Promise<boolean>,

  onBeforeLeave(answer) {
    const listener = (_event: unknown, question: { id: number; reason: LeaveReason }): void => {
      void answer(question.reason).then(({ unsavedGestures }) => ipcRenderer.send(CHANNELS.leaveAnswer, { id: question.id, unsavedGestures }));
    };
    ipcRenderer.on(CHANNELS.beforeLeave, listener);
    return () => void ipcRenderer.removeListener(CHANNELS.beforeLeave, listener);
  },

  onMenuCommand(listen) {
    const listener = (_event: unknown, command: MenuCommand): void => listen(command);
    ipcRenderer.on(CHANNELS.menuCommand, listener);
    return () => void ipcRenderer.removeListener(CHANNELS.menuCommand, listener);
  },
};

// What crosses the bridge arrives frozen.
contextBridge.exposeInMainWorld('penumbra', verbs);
