import { PenumbraError } from '#shared/errors.ts';

export function staleRevision(imageId: string, expected: number, found: number): PenumbraError {
  return new PenumbraError('EDIT_STALE', `The corrections of image ${imageId} are at revision ${found}; the change was made on revision ${expected}.`, {
    remedy: 'Load the corrections again and repeat the change.',
    details: { imageId, expected, found },
  });
}

export function staleBase(imageId: string, shown: string, lying: string): PenumbraError {
  return new PenumbraError('EDIT_STALE', `The corrections of image ${imageId} lie on the label maps ${lying}; the change was made on ${shown}.`, {
    remedy: 'Bring the corrections to the new label maps first (edits.rebase), then repeat the change.',
    details: { imageId, expected: shown, found: lying },
  });
}

export function nothingTo(step: 'undo' | 'redo', imageId: string): PenumbraError {
  return new PenumbraError(step === 'undo' ? 'EDIT_NOTHING_TO_UNDO' : 'EDIT_NOTHING_TO_REDO', `There is nothing to ${step} on image ${imageId}.`, {
    remedy: step === 'undo' ? 'The label map is as it came from its stage.' : 'Only a gesture just undone can be brought back.',
    details: { imageId },
  });
}

export function malformedGesture(imageId: string, fact: string): PenumbraError {
  return new PenumbraError('EDIT_MALFORMED', `The correction of image ${imageId} cannot be used: ${fact}.`, {
    remedy: 'Load the image again and repeat the change; nothing was saved.',
    details: { imageId, fact },
  });
}

export function baseSizeMismatch(imageId: string, base: string, found: Size, expected: Size): PenumbraError {
  return new PenumbraError(
    'MASK_SIZE_MISMATCH',
    `The label map of image ${imageId} in ${base} is ${found.width}×${found.height} px; the photo is ${expected.width}×${expected.height} px.`,
    { remedy: 'Use a label map of the size of the photo.', details: { imageId, base, width: found.width, height: found.height } },
  );
}

export function unknownClass(imageId: string, label: number, classes: number): PenumbraError {
  return new PenumbraError('MASK_UNKNOWN_CLASS', `The mask for image ${imageId} holds the value ${label}; expected 0 (background), 1 to ${classes} (classes) or 255 (undecided).`, {
    remedy: 'Repaint those pixels with a class of the project.',
    details: { imageId, label, classes },
  });
}

interface Size {
  readonly width: number; // px
  readonly height: number; // px
}
