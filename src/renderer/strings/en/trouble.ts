/** What the page itself says went wrong; what the core says comes from the core. */
export const trouble = {
  away: {
    message: 'Penumbra does not answer.',
    remedy: 'It is tried again by itself. If it stays so, start Penumbra again: what was shown as saved is on disk.',
  },
  notUnderstood: {
    message: (what: string, status: number) => `${what}: the answer (status ${status}) is not understood.`,
    remedy: 'This page may be of another version than the program: reload it.',
  },
  unreadableMap: {
    message: (fact: string) => `A label map cannot be read: ${fact}.`,
    remedy: 'Load the image again. If it stays so, run the stage that made the label map again.',
  },
  workerStopped: {
    message: (fact: string) => `This window's image worker stopped: ${fact}.`,
    remedy: 'Load the image again. If it stays so, close other windows to free memory and reload this one.',
  },
  unshowable: {
    message: (what: string) => `The browser cannot show ${what}.`,
    remedy: 'Check the file; import the folder again when it was replaced.',
  },
} as const;
