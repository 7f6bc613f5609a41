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

export const previewExport = defineCall('exports.preview', {
  summary: 'What an export would write and what it would lose.',
  input: ExportRequest,
  output: z.strictObject({ files: z.int(), bytes: z.number().describe('estimate'), examples: z.array(z.string()), lost: z.array(z.string()), exists: z.boolean().describe('target holds files already; they would be kept and the export refused') }),
  errors: ['RUN_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED', 'EXPORT_TARGET_INVALID'],
});

export const startExport = defineCall('exports.start', {
  summary: 'Writes an export. Files appear in the target only when all are written.',
  input: ExportRequest,
  output: z.strictObject({ files: z.int(), bytes: z.number(), target: z.string() }),
  errors: ['RUN_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED', 'MASK_SIZE_MISMATCH', 'EXPORT_TARGET_INVALID', 'DISK_FULL', 'WRITE_FAILED', 'RUN_CANCELLED'],
});

export const cancelExport = defineCall('exports.cancel', {
  summary: 'Stops the exports that are being written; nothing of them stays in their targets.',
  input: z.strictObject({}),
  output: z.strictObject({ cancelled: z.boolean().describe('false when none was running') }),
});

export const exportProgress = defineEvent('exports.progress', {
  summary: 'Progress of a running export.',
  payload: z.strictObject({ done: z.int(), total: z.int() }),
});
