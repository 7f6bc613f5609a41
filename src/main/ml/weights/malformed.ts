import { PenumbraError, type ErrorDetails } from '#shared/errors.ts';

const REMEDY = 'Fetch the file again from where it was published. Nothing of it was used.';

/** A weights file that breaks its format. `message` continues a sentence that starts with the file's name. */
export function malformed(file: string, message: string, details: ErrorDetails = {}, remedy = REMEDY): PenumbraError {
  return new PenumbraError('WEIGHTS_MALFORMED', `${file}: ${message}`, { remedy, details: { file, ...details } });
}

/** A weights file that asks for more than numbers. */
export function unsafe(file: string, message: string, details: ErrorDetails = {}): PenumbraError {
  return new PenumbraError('WEIGHTS_UNSAFE', `${file}: ${message}`, {
    remedy:
      'Only plain state dicts of tensors are read, and nothing in a file is ever executed. Use another file, or safetensors.',
    details: { file, ...details },
  });
}
