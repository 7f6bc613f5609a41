import * as z from 'zod';
import { ErrorCode, ErrorValue } from '../errors.ts';
import { ArtifactKind } from '../domain/artifact.ts';
import { ArtifactKey, ImageId, RunId } from '../domain/ids.ts';
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
  classIndex: z.int().nullable().optional().describe('tagged with this class; null = tagged with none'),
  split: Split.nullable().optional().describe('null = in no split'),
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

const Count = z.int().nonnegative();
const YesNo = z.strictObject({ yes: Count, no: Count });

export const countFacets = defineCall('dataset.facets', {
  summary: 'Images by class, split, review state and so on. Each facet is counted under the filter without its own part, so that its other choices keep their counts.',
  input: z.strictObject({ filter: ImageFilter.default({}) }),
  output: z.strictObject({
    total: Count.describe('images under the whole filter'),
    classes: z.array(z.strictObject({ classIndex: z.int(), images: Count })).describe('every class of the project, by index'),
    untagged: Count.describe('images tagged with no class, beside the classes'),
    splits: z.array(z.strictObject({ split: Split.nullable(), images: Count })).describe('by name; null = in no split'),
    review: z.array(z.strictObject({ review: ReviewState, images: Count })).describe('every state'),
    hasTruth: YesNo,
    edited: YesNo,
    problem: YesNo,
  }),
});

export const listImageIds = defineCall('dataset.imageIds', {
  summary: 'Ids of all images under a filter, in the order of dataset.images.',
  input: z.strictObject({ filter: ImageFilter.default({}) }),
  output: z.strictObject({ ids: z.array(ImageId) }),
});

/** What a run made for one image. */
export const ImageLayer = z.strictObject({
  artifact: ArtifactKey,
  kind: ArtifactKind.extract(['score-maps', 'label-maps']),
  stage: z.string().describe('stage id'),
  step: z.string().nullable().describe('name of the step in the recipe; null when the run that made it is not in the project'),
  title: z.string().describe("the stage's title; its id when this version has no such stage"),
  runId: RunId.nullable().describe('the run that made it'),
  recipe: z.string().nullable().describe('recipe of that run'),
  createdAt: z.iso.datetime(),
  blob: z.string().describe('id for the blob `layer`'),
});
export type ImageLayer = z.infer<typeof ImageLayer>;

export const getImage = defineCall('dataset.image', {
  summary: 'One image with what exists for it: artifacts by step, edits, problems.',
  input: z.strictObject({ imageId: ImageId }),
  output: z.strictObject({
    image: ImageSummary,
    photo: z.enum(['ok', 'missing', 'changed']).describe('the file on disk now, against what was imported'),
    layers: z.array(ImageLayer).describe('newest first'),
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

export const changeTags = defineCall('dataset.changeTags', {
  summary: 'Adds and removes classes on many images in one transaction; a class in both lists is removed. All or nothing.',
  input: z.strictObject({
    imageIds: z.array(ImageId).min(1).max(10_000),
    add: z.array(z.int().min(1).max(254)).max(254).default([]),
    remove: z.array(z.int().min(1).max(254)).max(254).default([]),
  }),
  output: z.strictObject({ images: z.array(ImageSummary).describe('in the order asked') }),
  errors: ['NOT_FOUND'],
  mutates: true,
});

export const listProblems = defineCall('dataset.problems', {
  summary: 'What was wrong with single files at the import, in the order in which it was met; files that were skipped included.',
  input: z.strictObject({ limit: z.int().min(1).max(1000).default(200) }),
  output: z.strictObject({ total: Count, problems: z.array(DataProblem) }),
});

export const imagesChanged = defineEvent('dataset.imagesChanged', {
  summary: 'Tags of images changed; at most 500 images an event.',
  payload: z.strictObject({ images: z.array(ImageSummary) }),
});

export const classStats = defineCall('dataset.classStats', {
  summary: 'Tags by class and split, and how often classes occur together.',
  input: z.strictObject({}),
  output: z.strictObject({
    classes: z.array(
      z.strictObject({
        classIndex: z.int(),
        images: Count,
        splits: z.array(z.strictObject({ split: Split.nullable(), images: Count })).describe('splits with at least one'),
      }),
    ),
    untagged: Count,
    together: z.array(z.array(Count)).describe('[C][C] images tagged with both; row and column = class index - 1; the diagonal counts the class'),
  }),
});

export const PYRAMID_TILE_PX = 512;
/** Photos up to this many pixels are shown whole. */
export const WHOLE_PHOTO_PIXELS = 16_000_000;

/** Tiles of a large photo. Level 0 is full size, level k is 1/2^k, sides rounded up; the last level fits one tile. */
export const PyramidState = z.strictObject({
  imageId: ImageId,
  width: z.int().describe('px, after EXIF orientation'),
  height: z.int().describe('px, after EXIF orientation'),
  tilePx: z.int(),
  levels: z.int().describe('0 when whole'),
  state: z.enum(['whole', 'building', 'ready', 'failed']).describe("whole = show the blob `display`; ready = the blob `photo-tile` answers"),
  error: ErrorValue.nullable(),
});
export type PyramidState = z.infer<typeof PyramidState>;

export const photoPyramid = defineCall('dataset.pyramid', {
  summary: 'How to show a photo: whole, or by tiles, which the first call begins to make. A failed pyramid is tried again by the next call.',
  input: z.strictObject({ imageId: ImageId }),
  output: PyramidState,
  errors: ['NOT_FOUND', 'FILE_MISSING', 'DATASET_ROOT_MISSING', 'PATH_OUTSIDE_ROOT'],
});

export const pyramidProgress = defineEvent('dataset.pyramidProgress', {
  summary: 'A pyramid goes on, is ready, or has failed.',
  payload: z.strictObject({ pyramid: PyramidState, share: z.number().min(0).max(1) }),
});

export const thumbsProgress = defineEvent('dataset.thumbsProgress', {
  summary: 'Thumbnails made in the background after an import.',
  payload: z.strictObject({ done: z.int(), total: z.int() }),
});

export const thumbBlob = defineBlob('thumb', {
  summary: 'A thumbnail, EXIF orientation applied, longest side at most SIZE px: IMAGEID.SIZE with SIZE 128, 256 or 512. Made when first asked for.',
  methods: ['GET'],
  id: z.string().regex(/^im_[0-9a-z]{16}\.(128|256|512)$/),
  contentType: 'image/webp',
  maxBytes: 0,
  errors: ['NOT_FOUND', 'FILE_MISSING', 'DATASET_ROOT_MISSING', 'PATH_OUTSIDE_ROOT', 'IMAGE_UNREADABLE', 'IMAGE_TRUNCATED', 'IMAGE_TOO_LARGE', 'IMAGE_UNSUPPORTED'],
});

export const displayBlob = defineBlob('display', {
  summary: 'The photo as every browser shows it, up to 16 Mpx: the file itself where that is fine, else 8-bit sRGB PNG or JPEG, EXIF orientation applied.',
  methods: ['GET'],
  id: ImageId,
  contentType: 'image/*',
  maxBytes: 0,
  errors: ['NOT_FOUND', 'FILE_MISSING', 'DATASET_ROOT_MISSING', 'PATH_OUTSIDE_ROOT', 'IMAGE_UNREADABLE', 'IMAGE_TRUNCATED', 'IMAGE_TOO_LARGE', 'IMAGE_UNSUPPORTED'],
});

export const photoTileBlob = defineBlob('photo-tile', {
  summary: 'A tile of a pyramid that is ready: IMAGEID.LEVEL.X.Y, X and Y counted in tiles from the upper left. Tiles at the right and lower edge are smaller.',
  methods: ['GET'],
  id: z.string().regex(/^im_[0-9a-z]{16}\.\d{1,2}\.\d{1,4}\.\d{1,4}$/),
  contentType: 'image/jpeg',
  maxBytes: 0,
  errors: ['NOT_FOUND', 'FILE_MISSING', 'DATASET_ROOT_MISSING', 'PATH_OUTSIDE_ROOT'],
});

export const truthBlob = defineBlob('truth', {
  summary: "The vault's mask of one image as palette PNG. Every GET is written to the vault log before it is answered, and nothing keeps the answer.",
  methods: ['GET'],
  id: ImageId,
  contentType: 'image/png',
  maxBytes: 0,
  errors: [
    'NOT_FOUND', 'FILE_MISSING', 'DATASET_ROOT_MISSING', 'PATH_OUTSIDE_ROOT', 'IMAGE_UNREADABLE', 'IMAGE_TRUNCATED', 'IMAGE_TOO_LARGE', 'IMAGE_UNSUPPORTED',
    'MASK_UNKNOWN_COLOUR', 'MASK_SIZE_MISMATCH', 'PROJECT_READ_ONLY', 'PROJECT_LOCKED', 'DISK_FULL', 'WRITE_FAILED',
  ],
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
