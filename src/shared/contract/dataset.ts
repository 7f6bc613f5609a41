import * as z from 'zod';
import { ErrorCode } from '../errors.ts';
import { ImageId } from '../domain/ids.ts';
import { Split } from '../domain/supervision.ts';
import { ReviewState } from './edits.ts';
import { defineBlob, defineCall, defineEvent } from './define.ts';

/** Where image-level tags come from. Masks only when asked for by name. */
export const TagSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('csv'), file: z.string().min(1).describe('CSV: filename + one 0/1 column a class') }),
  z.strictObject({ kind: z.literal('xml').describe('VOC Annotations/ID.xml, object/name') }),
  z.strictObject({ kind: z.literal('masks').describe('classes that occur in the mask; logged as a use of the masks') }),
]);
export type TagSource = z.infer<typeof TagSource>;

/** A problem with one file. Import goes on with the others. */
export const DataProblem = z.strictObject({
  file: z.string().describe('path relative to the dataset root'),
  code: ErrorCode,
  message: z.string(),
  remedy: z.string(),
  effect: z.enum(['skipped', 'imported-without-mask', 'warning']),
});
export type DataProblem = z.infer<typeof DataProblem>;

export const inspectDataset = defineCall('dataset.inspect', {
  summary: 'Looks at a folder and says what it recognises, without importing.',
  input: z.strictObject({ root: z.string().min(1) }),
  output: z.strictObject({
    layout: z.enum(['voc']),
    images: z.int(),
    masks: z.int(),
    splits: z.array(z.strictObject({ name: Split, images: z.int() })),
    tagSources: z.array(z.enum(['csv', 'xml', 'masks'])),
    csvFiles: z.array(z.string()).describe('CSV files in the root that look like tag lists'),
    classNames: z.array(z.string()).nullable().describe('from classes.txt, a CSV header, or the VOC names; null when unknown'),
    problems: z.array(DataProblem),
  }),
  errors: ['DATASET_NOT_RECOGNISED', 'DATASET_ROOT_MISSING', 'DATASET_EMPTY', 'LIST_MALFORMED', 'TAGS_MALFORMED', 'FILE_MISSING', 'PATH_OUTSIDE_ROOT'],
});

export const ImportReport = z.strictObject({
  imported: z.int(),
  withTruth: z.int(),
  skipped: z.int(),
  classes: z.int(),
  problems: z.array(DataProblem),
});
export type ImportReport = z.infer<typeof ImportReport>;

export const importDataset = defineCall('dataset.import', {
  summary: 'Imports a folder into the empty project: photos by reference, tags, masks into the vault. All or nothing; single bad files are skipped and reported.',
  input: z.strictObject({
    root: z.string().min(1),
    tags: TagSource,
    classNames: z.array(z.string().min(1).max(300)).max(254).optional().describe('overrides what inspect found'),
  }),
  output: ImportReport,
  errors: [
    'DATASET_NOT_RECOGNISED', 'DATASET_ROOT_MISSING', 'DATASET_EMPTY', 'LIST_MALFORMED', 'TAGS_MALFORMED', 'FILE_MISSING', 'PATH_OUTSIDE_ROOT',
    'SPLIT_EMPTY', 'PROJECT_EXISTS', 'RUN_CANCELLED',
  ],
  mutates: true,
});

export const cancelImport = defineCall('dataset.cancelImport', {
  summary: 'Stops a running import; the project stays empty.',
  input: z.strictObject({}),
  output: z.strictObject({ cancelled: z.boolean() }),
});

export const importProgress = defineEvent('dataset.importProgress', {
  summary: 'Progress of a running import.',
  payload: z.strictObject({ done: z.int(), total: z.int(), file: z.string(), etaSeconds: z.number().nullable() }),
});

export const ImageSummary = z.strictObject({
  id: ImageId,
  name: z.string().describe('relative name without extension, as in the lists'),
  width: z.int().describe('px, after EXIF orientation'),
  height: z.int().describe('px, after EXIF orientation'),
  split: Split.nullable(),
  tags: z.array(z.int()).describe('class indices, 1-based, ascending'),
  hasTruth: z.boolean(),
  review: ReviewState,
  edited: z.boolean(),
  problem: z.string().nullable(),
});
export type ImageSummary = z.infer<typeof ImageSummary>;

export const ImageFilter = z.strictObject({
  classIndex: z.int().optional(),
  split: Split.optional(),
  review: ReviewState.optional(),
  hasTruth: z.boolean().optional(),
  problem: z.boolean().optional(),
  edited: z.boolean().optional(),
  nameContains: z.string().max(300).optional(),
});

export const listImages = defineCall('dataset.images', {
  summary: 'Images by filter, ordered by name, a page at a time.',
  input: z.strictObject({ filter: ImageFilter.default({}), offset: z.int().nonnegative().default(0), limit: z.int().min(1).max(1000).default(200) }),
  output: z.strictObject({ total: z.int(), images: z.array(ImageSummary) }),
});

export const getImage = defineCall('dataset.image', {
  summary: 'One image with what exists for it: artifacts by step, edits, problems.',
  input: z.strictObject({ imageId: ImageId }),
  output: z.strictObject({
    image: ImageSummary,
    layers: z.array(z.strictObject({ artifact: z.string(), kind: z.enum(['score-maps', 'label-maps']), stage: z.string(), blob: z.string().describe('blob id') })),
  }),
  errors: ['NOT_FOUND'],
});

export const setTags = defineCall('dataset.setTags', {
  summary: 'Replaces the tags of one image.',
  input: z.strictObject({ imageId: ImageId, tags: z.array(z.int().min(1).max(254)) }),
  output: ImageSummary,
  errors: ['NOT_FOUND'],
  mutates: true,
});

export const photoBlob = defineBlob('photo', {
  summary: 'The photo file as it lies on disk, by image id.',
  methods: ['GET'],
  id: ImageId,
  contentType: 'image/*',
  maxBytes: 0,
  errors: ['NOT_FOUND', 'FILE_MISSING', 'DATASET_ROOT_MISSING', 'PATH_OUTSIDE_ROOT'],
});

export const layerBlob = defineBlob('layer', {
  summary: 'A label map (palette PNG) or score maps (npz) of one image: ARTIFACTKEY.IMAGEID.',
  methods: ['GET'],
  id: z.string().regex(/^[0-9a-f]{32}\.im_[0-9a-z]{16}$/),
  contentType: 'application/octet-stream',
  maxBytes: 0,
  errors: ['NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'ARTIFACT_DAMAGED'],
});
