import type { ToolId } from '#renderer/canvas/tools/index.ts';

/** Keys of Fix, written as commands/keys.ts has it. Toolbar hints, shortcut sheet and commands all read them here. */
export const TOOL_KEYS: Readonly<Record<ToolId, string>> = { brush: 'B', eraser: 'E', polygon: 'P', fill: 'G', pick: 'I' };

export const KEYS = {
  undo: 'Mod+Z',
  redo: 'Mod+Shift+Z',
  zoomIn: '+',
  zoomOut: '-',
  fit: 'V',
  actualSize: 'A',
  toggleMask: 'H',
  keyboardPointer: 'K',
  accept: 'Enter',
  flag: 'F',
  skip: 'S',
  next: 'N',
  previous: 'Shift+N',
  smaller: '[',
  larger: ']',
  style: 'O',
  mode: 'M',
  lock: 'L',
  conflict: 'C',
  background: '0',
  undecided: 'U',
} as const;

/** The key of a class: 1 to 9, then Shift+1 to Shift+9 for 10 to 18; none beyond. */
export function classKey(index: number): string | null {
  if (index >= 1 && index <= 9) return String(index);
  return index >= 10 && index <= 18 ? `Shift+${index - 9}` : null;
}
