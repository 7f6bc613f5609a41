import type { BrowserWindow, BrowserWindowConstructorOptions } from 'electron';
import { MIN_HEIGHT, MIN_WIDTH, openingBounds, type WindowState } from './window-state.ts';

/** The window's options: sandboxed, isolated, without Node. */
export function windowOptions(preload: string, state: WindowState | null): BrowserWindowConstructorOptions {
  return {
    ...openingBounds(state),
    minWidth: MIN_WIDTH,
    minHeight: MIN_HEIGHT,
    title: 'Penumbra',
    // As the dark theme's ground, so that a start does not flash.
    backgroundColor: '#1b1b1d',
    show: false,
    autoHideMenuBar: true,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      experimentalFeatures: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  };
}

/** Where the window is now; where it would be when not maximized. */
export function currentState(window: Pick<BrowserWindow, 'getNormalBounds' | 'isMaximized'>): WindowState {
  return { ...window.getNormalBounds(), isMaximized: window.isMaximized() };
}
