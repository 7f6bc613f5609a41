import { migration as dataset } from './0001-dataset.ts';
import { migration as edits } from './0002-edits.ts';
import { migration as runs } from './0003-runs.ts';
import type { Migration } from './migration.ts';

/** In order, version = position + 1; checked when a project is opened. */
export const MIGRATIONS: readonly Migration[] = [dataset, edits, runs];
export const LATEST_VERSION = MIGRATIONS.length;
export type { Migration };
