interface Size {
  readonly width: number;
  readonly height: number;
}

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
  /** Facts of `unreadableMap`. */
  labelPng: {
    noPng: 'it is no PNG',
    cutOff: 'it is cut off',
    form: (depth: string, colour: string) => `it has ${depth} bits of colour type ${colour}; expected 8 bits of palette or grey, not interlaced`,
    noSize: 'it has no size',
    length: (found: number, expected: number) => `it holds ${found} bytes; expected ${expected}`,
    inflate: (reason: string) => `its data cannot be inflated (${reason})`,
    filter: (row: number, filter: number) => `row ${row} has filter ${filter}; expected 0 to 4`,
  },
  mapSize: {
    message: (map: Size, photo: Size) => `The label map is ${map.width}×${map.height} px, the photo ${photo.width}×${photo.height} px.`,
    remedy: 'Choose label maps of the size of the photo.',
  },
  workerStopped: {
    message: (fact: string) => `This window's image worker stopped: ${fact}.`,
    remedy: 'Load the image again. If it stays so, close other windows to free memory and reload this one.',
  },
  photoOf: (imageId: string) => `the photo of ${imageId}`,
  tileOf: (imageId: string) => `a tile of the photo of ${imageId}`,
  unshowable: {
    message: (what: string) => `The browser cannot show ${what}.`,
    remedy: 'Check the file; import the folder again when it was replaced.',
  },
} as const;
