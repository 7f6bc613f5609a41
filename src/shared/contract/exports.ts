import * as z from 'zod';
import { RunId } from '../domain/ids.ts';
import { Split } from '../domain/supervision.ts';
import { defineCall, defineEvent } from './define.ts';

/** What leaves the project. Label maps go out in VOC layout; the segmenter as safetensors + JSON. */
export const ExportRequest = z.strictObject({
  what: z.enum(['corrected', 'refined', 'seeds', 'predictions', 'segmenter', 'classifier']),
  runId: RunId.optional().describe('the newest finished run when absent'),
  split: Split.optional().describe('one split only'),
  target: z.string().min(1).describe('folder; made when absent'),
});

/** An export, by an id that whoever asks for it makes up. */
const ExportId = z.string().min(8).max(64).describe('id of an export: unique, such as a UUID');

export const previewExport = defineCall('exports.preview', {
  summary: 'What an export would write and what it would lose.',
  input: ExportRequest,
  output: z.strictObject({ files: z.int(), bytes: z.number().describe('estimate'), examples: z.array(z.string()), lost: z.array(z.string()), exists: z.boolean().describe('target holds files already; they would be kept and the export refused') }),
  errors: ['RUN_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED', 'EXPORT_TARGET_INVALID'],
});

export const startExport = defineCall('exports.start', {
  summary:
    'Writes an export. Files appear in the target only when all are written. An id that is known (exports.list) starts nothing: the answer is that of the export it names.',
  input: ExportRequest.extend({ exportId: ExportId.optional().describe('made up when absent') }),
  output: z.strictObject({ files: z.int(), bytes: z.number(), target: z.string() }),
  errors: ['RUN_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED', 'MASK_SIZE_MISMATCH', 'EXPORT_TARGET_INVALID', 'DISK_FULL', 'WRITE_FAILED', 'RUN_CANCELLED'],
});

export const listExports = defineCall('exports.list', {
  summary: 'Exports that are being written, and the newest that have ended since this core started; oldest first.',
  input: z.strictObject({}),
  output: z.strictObject({
    exports: z.array(
      z.strictObject({
        exportId: ExportId,
        request: ExportRequest,
        startedAt: z.iso.datetime(),
        done: z.int().describe('files written'),
        total: z.int().describe('0 until it is known'),
        ended: z.boolean(),
      }),
    ),
  }),
});

export const cancelExport = defineCall('exports.cancel', {
  summary: 'Stops an export that is being written; nothing of it stays in its target.',
  input: z.strictObject({ exportId: ExportId }),
  output: z.strictObject({ cancelled: z.boolean().describe('false when it was not running') }),
});

export const exportProgress = defineEvent('exports.progress', {
  summary: 'Progress of a running export.',
  payload: z.strictObject({ exportId: ExportId, done: z.int(), total: z.int() }),
});
