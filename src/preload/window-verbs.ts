/** What the Electron shell offers the page as `window.penumbra`; in a browser it is undefined. Types only. */
export interface WindowVerbs {
  /** A native dialog that chooses a folder; null when it is dismissed. */
  chooseFolder(options: { title: string; startAt?: string }): Promise<string | null>;
  /** A native dialog that names a folder or file to write; null when it is dismissed. Asks before anything would be overwritten. */
  chooseTarget(options: { title: string; suggested: string }): Promise<string | null>;
  /** Shows a file or folder in the system's file manager; false when it is not there. */
  revealInFolder(path: string): Promise<boolean>;
  /** Opens an https link in the system's browser; false for links that are not on the shell's list. */
  openLink(url: string): Promise<boolean>;
  /**
   * Called before the window closes, reloads or changes project. The page saves what it can and answers what it could not; when it
   * does not answer in time, the user is asked. Returns how to unsubscribe.
   */
  onBeforeLeave(answer: (reason: LeaveReason) => Promise<LeaveAnswer>): () => void;
  /** Called when a menu item is chosen that the page carries out. Returns how to unsubscribe. */
  onMenuCommand(listener: (command: MenuCommand) => void): () => void;
}

export type LeaveReason = 'quit' | 'reload' | 'switch-project';

export interface LeaveAnswer {
  /** Gestures that are not saved. */
  readonly unsavedGestures: number;
}

/** Ids of commands of the page's registry. */
export type MenuCommand =
  | 'project.new'
  | 'project.open'
  | 'project.sample'
  | 'edit.undo'
  | 'edit.redo'
  | 'go.data'
  | 'go.look'
  | 'go.fix'
  | 'go.runs'
  | 'go.score'
  | 'go.out'
  | 'app.palette'
  | 'app.shortcuts'
  | 'app.about';

declare global {
  interface Window {
    readonly penumbra?: WindowVerbs;
  }
}
