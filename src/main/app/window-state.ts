import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Rectangle } from 'electron';
import * as z from 'zod';
import { writeWhole } from '../host/write-whole.ts';

/** Where the window was, in px of the desktop. */
const WindowState = z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1), isMaximized: z.boolean() });
export type WindowState = z.infer<typeof WindowState>;

/** As small as the page can be used. */
export const MIN_WIDTH = 1024;
export const MIN_HEIGHT = 700;
const DEFAULT = { width: 1440, height: 900 };
/** So much of the title bar must lie on a screen for the window to be caught with the mouse. */
const GRIP_PX = 100;

/** The window's last place, or null when there is none or no screen shows it any more, as after a monitor was taken away. */
export function readWindowState(dataDir: string, workAreas: readonly Rectangle[]): WindowState | null {
  try {
    const state = WindowState.parse(JSON.parse(readFileSync(stateFile(dataDir), 'utf8')));
    return workAreas.some((area) => isWithinReach(state, area)) ? state : null;
  } catch {
    return null;
  }
}

export function writeWindowState(dataDir: string, state: WindowState): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    writeWhole(stateFile(dataDir), `${JSON.stringify(state)}\n`);
  } catch {
    // A window that opens elsewhere next time is no reason to keep it from closing.
  }
}

/** Bounds to open with. */
export function openingBounds(state: WindowState | null): Partial<Rectangle> {
  if (state === null) return DEFAULT;
  return { x: state.x, y: state.y, width: Math.max(state.width, MIN_WIDTH), height: Math.max(state.height, MIN_HEIGHT) };
}

function isWithinReach(state: WindowState, area: Rectangle): boolean {
  const across = Math.min(state.x + state.width, area.x + area.width) - Math.max(state.x, area.x);
  return across >= GRIP_PX && state.y >= area.y && state.y <= area.y + area.height - GRIP_PX;
}

function stateFile(dataDir: string): string {
  return path.join(dataDir, 'window.json');
}
