import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentState, windowOptions } from './window.ts';
import { openingBounds, readWindowState, writeWindowState, type WindowState } from './window-state.ts';

const SCREEN = { x: 0, y: 0, width: 1920, height: 1080 };
const STATE: WindowState = { x: 100, y: 80, width: 1300, height: 800, isMaximized: false };

it('the window is sandboxed, isolated, and has no part of Node', () => {
  expect(windowOptions('/preload.cjs', null).webPreferences).toEqual({
    preload: '/preload.cjs',
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
  });
});

describe('where the window opens', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'penumbra-window-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('is where it was closed', () => {
    writeWindowState(dir, STATE);
    expect(readWindowState(dir, [SCREEN])).toEqual(STATE);
    expect(openingBounds(STATE)).toEqual({ x: 100, y: 80, width: 1300, height: 800 });
    expect(currentState({ getNormalBounds: () => ({ x: 1, y: 2, width: 3, height: 4 }), isMaximized: () => true })).toEqual({ x: 1, y: 2, width: 3, height: 4, isMaximized: true });
  });

  it.each([
    ['on a screen to the right', { ...STATE, x: 2000 }, [SCREEN, { ...SCREEN, x: 1920 }], true],
    ['on a screen that was taken away', { ...STATE, x: 2000 }, [SCREEN], false],
    ['with its title bar above the screen', { ...STATE, y: -50 }, [SCREEN], false],
    ['with its title bar below the screen', { ...STATE, y: 1050 }, [SCREEN], false],
    ['with a corner that cannot be caught', { ...STATE, x: 1880 }, [SCREEN], false],
    ['partly beyond the edge', { ...STATE, x: -900 }, [SCREEN], true],
  ])('%s: kept %s', (_name, state, screens, isKept) => {
    writeWindowState(dir, state);
    expect(readWindowState(dir, screens)).toEqual(isKept ? state : null);
  });

  it.each(['', '{"x": 1}', '{"x":"a","y":0,"width":10,"height":10,"isMaximized":false}'])('is the default where the file says %s', (text) => {
    writeFileSync(path.join(dir, 'window.json'), text);
    expect(readWindowState(dir, [SCREEN])).toBeNull();
    expect(openingBounds(null)).toEqual({ width: 1440, height: 900 });
  });

  it('a place that cannot be written keeps nobody from closing', () => {
    expect(() => writeWindowState('/dev/null/nowhere', STATE)).not.toThrow();
  });
});
