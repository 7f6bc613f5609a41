import * as z from 'zod';
import { ClassInfo } from '../domain/classes.ts';
import { unstorableCharacter } from '../domain/hostile-text.ts';
import { SupervisionRule, Split, SourceKind } from '../domain/supervision.ts';
import { ImageId, RunId } from '../domain/ids.ts';
import { defineCall, defineEvent } from './define.ts';

export const ProjectInfo = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  schemaVersion: z.int(),
  readOnly: z.boolean(),
  datasetRoot: z.string().nullable(),
  datasetRootFound: z.boolean(),
  classes: z.array(ClassInfo),
  splits: z.array(z.strictObject({ name: Split, images: z.int() })),
  supervision: z.array(SupervisionRule),
  counts: z.strictObject({
    images: z.int(),
    problems: z.int(),
    withTruth: z.int(),
    reviewed: z.int(),
    edited: z.int(),
  }),
});
export type ProjectInfo = z.infer<typeof ProjectInfo>;

export const getProject = defineCall('project.get', {
  summary: 'The open project: classes, splits, supervision, counts.',
  input: z.strictObject({}),
  output: ProjectInfo,
});

export const repointProject = defineCall('project.repoint', {
  summary: 'Tells the project where its photos are now. Photos are matched by relative name and size; nothing is changed unless all match.',
  input: z.strictObject({ root: z.string().min(1) }),
  output: z.strictObject({ matched: z.int(), missing: z.array(z.string()) }),
  errors: ['DATASET_ROOT_MISSING', 'FILE_MISSING'],
  mutates: true,
});

export const setSupervision = defineCall('project.setSupervision', {
  summary: 'Declares what algorithms may learn from, by split and class. Everything else stays in the vault.',
  input: z.strictObject({ rules: z.array(SupervisionRule) }),
  output: z.strictObject({ rules: z.array(SupervisionRule) }),
  errors: ['NOT_FOUND'],
  mutates: true,
});

const Colour = ClassInfo.shape.colour;
const ClassName = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .refine((name) => unstorableCharacter(name) === null, 'holds a control character');
const HexColour = z
  .string()
  .regex(/^#[0-9a-fA-F]{6}$/)
  .transform((hex): z.infer<typeof Colour> => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as z.infer<typeof Colour>);

export const setClasses = defineCall('project.setClasses', {
  summary: 'Renames and recolours classes; classes that are not named stay. Indices never change. Names are unique. Models name their classes: after a renaming, runs make their artifacts anew.',
  input: z.strictObject({
    classes: z.array(z.strictObject({ index: ClassInfo.shape.index, name: ClassName, colour: z.union([Colour, HexColour]).describe('[r, g, b] or #rrggbb') })).min(1).max(254),
  }),
  output: z.strictObject({ classes: z.array(ClassInfo).describe('all classes of the project') }),
  errors: ['NOT_FOUND', 'DUPLICATE_NAME'],
  mutates: true,
});

export const VaultEntry = z.strictObject({
  at: z.iso.datetime(),
  by: z.string().describe('what looked: stage id, call name'),
  runId: RunId.nullable(),
  purpose: z.string(),
  source: SourceKind,
  images: z.int().describe('number of masks read'),
  imageId: ImageId.nullable().describe('set when a single mask was looked at'),
});
export type VaultEntry = z.infer<typeof VaultEntry>;

export const vaultLog = defineCall('vault.log', {
  summary: 'Every look at ground truth outside the supervision declaration, newest first.',
  input: z.strictObject({ offset: z.int().nonnegative().default(0), limit: z.int().min(1).max(1000).default(100) }),
  output: z.strictObject({ total: z.int(), entries: z.array(VaultEntry) }),
});

export const projectChanged = defineEvent('project.changed', {
  summary: 'Classes, splits, supervision, root or counts changed.',
  payload: z.strictObject({}),
});
