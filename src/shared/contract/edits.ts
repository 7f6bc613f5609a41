import * as z from 'zod';
import { ArtifactKey, ImageId } from '../domain/ids.ts';
import { defineBlob, defineCall, defineEvent } from './define.ts';

export const ReviewState = z.enum(['unreviewed', 'accepted', 'flagged', 'skipped']);
export type ReviewState = z.infer<typeof ReviewState>;

/** Where the corrections of one image stand. `revision` grows with every commit, undo and redo; 0 means never edited. */
export const EditState = z.strictObject({
  imageId: ImageId,
  base: ArtifactKey.nullable().describe('label-maps artifact the corrections lie on'),
  revision: z.int().nonnegative(),
  gestures: z.int().describe('gestures in force'),
  undoable: z.int(),
  redoable: z.int(),
  conflictPixels: z.int().describe('pixels where the base now disagrees with what was corrected'),
  review: ReviewState,
});
export type EditState = z.infer<typeof EditState>;

export const getEditState = defineCall('edits.state', {
  summary: 'Corrections of one image: base, revision, undo depth, conflicts, review state.',
  input: z.strictObject({ imageId: ImageId }),
  output: EditState,
  errors: ['NOT_FOUND'],
});

export const commitGesture = defineCall('edits.commit', {
  summary: 'Saves one gesture durably; the answer means it is on disk. Refused when another writer came first.',
  input: z.strictObject({
    imageId: ImageId,
    base: ArtifactKey.describe('label-maps artifact shown while painting'),
    expectedRevision: z.int().nonnegative(),
    tool: z.string().min(1).max(40),
    /** `encodeGesture` of shared/mask/tile-diff.ts, base64. */
    diff: z.base64().max(64 * 1024 * 1024),
    clientGestureId: z.string().min(8).max(64).describe('makes a repeated send harmless'),
  }),
  output: EditState,
  errors: ['NOT_FOUND', 'EDIT_STALE', 'EDIT_MALFORMED', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED', 'MASK_SIZE_MISMATCH'],
  mutates: true,
  maxBodyBytes: 65 * 1024 * 1024,
});

const Step = z.strictObject({ imageId: ImageId, expectedRevision: z.int().nonnegative() });

export const undoGesture = defineCall('edits.undo', {
  summary: 'Undoes the newest gesture in force. The log keeps it.',
  input: Step,
  output: EditState,
  errors: ['NOT_FOUND', 'EDIT_STALE', 'EDIT_NOTHING_TO_UNDO', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED'],
  mutates: true,
});

export const redoGesture = defineCall('edits.redo', {
  summary: 'Brings back the gesture undone last.',
  input: Step,
  output: EditState,
  errors: ['NOT_FOUND', 'EDIT_STALE', 'EDIT_NOTHING_TO_REDO', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED'],
  mutates: true,
});

export const rebaseEdits = defineCall('edits.rebase', {
  summary: 'Replays corrections on another base and reports pixels where base and correction now disagree. Corrections win; conflicts are kept for review.',
  input: z.strictObject({ imageIds: z.array(ImageId).optional().describe('all edited images when absent'), base: ArtifactKey }),
  output: z.strictObject({ images: z.array(z.strictObject({ imageId: ImageId, editedPixels: z.int(), conflictPixels: z.int() })) }),
  errors: ['NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED', 'MASK_SIZE_MISMATCH'],
  mutates: true,
});

export const editLog = defineCall('edits.log', {
  summary: 'Every gesture ever made on an image, newest first, undone ones included.',
  input: z.strictObject({ imageId: ImageId, offset: z.int().nonnegative().default(0), limit: z.int().min(1).max(1000).default(100) }),
  output: z.strictObject({
    total: z.int(),
    gestures: z.array(
      z.strictObject({
        sequence: z.int(),
        at: z.iso.datetime(),
        tool: z.string(),
        state: z.enum(['applied', 'undone', 'discarded']),
        base: ArtifactKey,
        tiles: z.int(),
        changedPixels: z.int(),
      }),
    ),
  }),
  errors: ['NOT_FOUND'],
});

export const setReview = defineCall('review.set', {
  summary: 'Accepts, flags or skips an image.',
  input: z.strictObject({ imageId: ImageId, review: ReviewState }),
  output: EditState,
  errors: ['NOT_FOUND'],
  mutates: true,
});

/** Who paints on an image. A courtesy among windows: `edits.commit` is guarded by `expectedRevision` alone. */
const EditHold = z.strictObject({
  imageId: ImageId,
  by: z.string().nullable().describe('the holder; null when nobody holds the image'),
  untilMs: z.number().describe('Unix time in ms at which the lease ends; 0 when nobody holds the image'),
});

const Holder = z.string().regex(/^[\w-]{8,64}$/).describe('a random id that a window gives itself');

export const holdImage = defineCall('edits.hold', {
  summary: 'Takes or renews a lease of 15 s on painting on an image. Refused, as a value, while another holder has it.',
  input: z.strictObject({ imageId: ImageId, holder: Holder }),
  output: z.strictObject({ held: z.boolean(), ...EditHold.omit({ imageId: true }).shape }),
  errors: ['NOT_FOUND'],
});

export const releaseImage = defineCall('edits.release', {
  summary: 'Gives the lease up. Harmless when it has ended or is another holder\'s.',
  input: z.strictObject({ imageId: ImageId, holder: Holder }),
  output: z.strictObject({ released: z.boolean() }),
});

export const holdChanged = defineEvent('edits.holdChanged', {
  summary: 'A lease was taken, given up, or has ended. Renewals are not told.',
  payload: EditHold,
});

export const editsChanged = defineEvent('edits.changed', {
  summary: 'Corrections or review state of an image changed.',
  payload: EditState,
});

export const correctedBlob = defineBlob('corrected', {
  summary:
    'The corrected label map of one image: base plus gestures in force, palette PNG. PUT replaces it: the difference is saved as one gesture on the current base. ID is IMAGEID.BASEKEY.',
  methods: ['GET', 'PUT'],
  id: z.string().regex(/^im_[0-9a-z]{16}\.[0-9a-f]{32}$/),
  contentType: 'image/png',
  maxBytes: 64 * 1024 * 1024,
  putOutput: EditState,
  errors: [
    'NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED', 'EDIT_STALE', 'MASK_SIZE_MISMATCH', 'MASK_UNKNOWN_CLASS', 'MASK_UNKNOWN_COLOUR',
    'IMAGE_UNREADABLE', 'IMAGE_TRUNCATED', 'IMAGE_TOO_LARGE', 'IMAGE_UNSUPPORTED',
  ],
});

export const conflictsBlob = defineBlob('conflicts', {
  summary: 'Where base and corrections disagree, 8-bit grey PNG, 255 = conflict. ID is IMAGEID.BASEKEY.',
  methods: ['GET'],
  id: z.string().regex(/^im_[0-9a-z]{16}\.[0-9a-f]{32}$/),
  contentType: 'image/png',
  maxBytes: 0,
  errors: ['NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED', 'MASK_SIZE_MISMATCH'],
});
