import * as z from 'zod';

/** Every error that may cross a process or API edge. Add a code here before throwing it. */
export const ERROR_CODES = [
  // calls and transport
  'BAD_REQUEST',
  'NOT_FOUND',
  'UNAUTHORIZED',
  'FORBIDDEN_ORIGIN',
  'BODY_TOO_LARGE',
  'OTHER_PROJECT',
  'INTERNAL',
  'SHUTTING_DOWN',
  // host
  'CORE_CRASHED',
  'FOLDER_UNREADABLE',
  // project
  'PROJECT_NOT_FOUND',
  'PROJECT_EXISTS',
  'PROJECT_LOCKED',
  'PROJECT_BUSY',
  'PROJECT_READ_ONLY',
  'PROJECT_TOO_NEW',
  'PROJECT_DAMAGED',
  'PROJECT_ON_NETWORK_FS',
  'DISK_FULL',
  'WRITE_FAILED',
  'MIGRATION_FAILED',
  // data
  'DATASET_NOT_RECOGNISED',
  'DATASET_EMPTY',
  'DATASET_ROOT_MISSING',
  'PATH_OUTSIDE_ROOT',
  'FILE_MISSING',
  'IMAGE_UNREADABLE',
  'IMAGE_TRUNCATED',
  'IMAGE_TOO_LARGE',
  'IMAGE_UNSUPPORTED',
  'MASK_SIZE_MISMATCH',
  'MASK_UNKNOWN_COLOUR',
  'MASK_UNKNOWN_CLASS',
  'DUPLICATE_NAME',
  'TAGS_MALFORMED',
  'TAGS_UNKNOWN_IMAGE',
  'LIST_MALFORMED',
  'SPLIT_EMPTY',
  'CLASS_UNSEEN',
  'CLASS_RARE',
  // supervision
  'SUPERVISION_VIOLATION',
  // runs
  'RECIPE_UNKNOWN',
  'STAGE_CONFIG_INVALID',
  'RUN_NOT_FOUND',
  'RUN_NOT_RESUMABLE',
  'RUN_NOT_QUEUED',
  'RUN_CANCELLED',
  'TRAINER_CRASHED',
  'TRAINER_UNRESPONSIVE',
  'ARTIFACT_NOT_FOUND',
  'ARTIFACT_DAMAGED',
  'NON_FINITE_LOSS',
  // engine and weights
  'ENGINE_NOT_INSTALLED',
  'ENGINE_FAILED',
  'OUT_OF_MEMORY',
  'WEIGHTS_NOT_INSTALLED',
  'WEIGHTS_MALFORMED',
  'WEIGHTS_UNSAFE',
  'WEIGHTS_MISMATCH',
  // edits
  'EDIT_STALE',
  'EDIT_MALFORMED',
  'EDIT_NOTHING_TO_UNDO',
  'EDIT_NOTHING_TO_REDO',
  // export
  'EXPORT_TARGET_INVALID',
] as const;

export const ErrorCode = z.enum(ERROR_CODES);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** An error as it crosses an edge: what happened, the way out, and facts for a programmatic reader. */
export const ErrorValue = z.strictObject({
  code: ErrorCode,
  message: z.string().describe('What went wrong, naming the thing, the value and the expected value'),
  remedy: z.string().describe('What the user can do next'),
  details: z.record(z.string(), z.json()).describe('Facts: file, key, expected, found'),
});
export type ErrorValue = z.infer<typeof ErrorValue>;

export type ErrorDetails = ErrorValue['details'];

/** The one error class of the project; becomes an `ErrorValue` at every edge. */
export class PenumbraError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { remedy: string; details?: ErrorDetails; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PenumbraError';
    this.code = code;
    this.remedy = options.remedy;
    this.details = options.details ?? {};
  }

  toValue(): ErrorValue {
    return { code: this.code, message: this.message, remedy: this.remedy, details: this.details };
  }

  static fromValue(value: ErrorValue): PenumbraError {
    return new PenumbraError(value.code, value.message, { remedy: value.remedy, details: value.details });
  }
}

/** Turns anything thrown into an error value; unknown errors become INTERNAL and keep their message. */
export function toErrorValue(thrown: unknown): ErrorValue {
  if (thrown instanceof PenumbraError) return thrown.toValue();
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: 'INTERNAL',
    message,
    remedy: 'This is a defect in Penumbra. The log of this process holds the details.',
    details: {},
  };
}

/** For the default arm of an exhaustive switch. */
export function missingCase(value: never): never {
  throw new Error(`missing case: ${JSON.stringify(value)}`);
}
