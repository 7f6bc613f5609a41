import type { MenuItemConstructorOptions } from 'electron';
import type { RecentProject } from '#shared/contract/host.ts';
import type { MenuCommand } from '../../preload/window-verbs.ts';
import { shellStrings } from './strings.ts';

export interface MenuActions {
  /** Has the page carry a command out. */
  readonly command: (command: MenuCommand) => void;
  readonly openProject: (dir: string) => void;
  readonly reload: () => void;
}

const MOST_RECENT = 10;
const PLACES = ['data', 'look', 'fix', 'runs', 'score', 'out'] as const;

/** The menu bar. Keys that the page answers to itself are shown, not taken from it. */
export function menuTemplate(recents: readonly RecentProject[], actions: MenuActions): MenuItemConstructorOptions[] {
  const text = shellStrings.menu;
  const item = (label: string, command: MenuCommand, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => actions.command(command),
    ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }),
  });
  const opened = recents.filter(({ exists }) => exists).slice(0, MOST_RECENT);
  const recentItems: MenuItemConstructorOptions[] = opened.map(({ name, dir }) => ({ label: `${name} – ${dir}`, click: () => actions.openProject(dir) }));
  return [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: text.file,
      submenu: [
        item(text.newProject, 'project.new'),
        item(text.openProject, 'project.open', 'CmdOrCtrl+O'),
        { label: text.openRecent, submenu: recentItems.length > 0 ? recentItems : [{ label: text.noRecent, enabled: false }] },
        item(text.openSample, 'project.sample'),
        { type: 'separator' },
        { role: process.platform === 'darwin' ? 'close' : 'quit' },
      ],
    },
    {
      label: text.edit,
      submenu: [
        item(text.undo, 'edit.undo', 'CmdOrCtrl+Z'),
        item(text.redo, 'edit.redo', 'CmdOrCtrl+Shift+Z'),
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: text.view,
      submenu: [
        ...PLACES.map((place, index) => item(text.places[place], `go.${place}`, `Alt+${index + 1}`)),
        { type: 'separator' },
        { label: text.reload, accelerator: 'CmdOrCtrl+R', click: actions.reload },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    {
      label: text.help,
      submenu: [item(text.palette, 'app.palette', 'CmdOrCtrl+K'), item(text.shortcuts, 'app.shortcuts'), item(text.about, 'app.about')],
    },
  ];
}
