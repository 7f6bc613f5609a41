import type * as z from 'zod';
import type { NpyArray } from '#shared/formats/npy.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { RgbRaster } from '#shared/raster/rasters.ts';
import type { RasterTask } from '#shared/raster/raster-task.ts';

/** What a file may be written as. .jpg stands for .jpeg too. */
export const ENDINGS = ['.png', '.jpg', '.npy', '.npz', '.json'] as const;
export type Ending = (typeof ENDINGS)[number];

/** What a tool made of one file. How much of it is written depends on the ending of the target: see `write-result.ts`. */
export interface ToolResult {
  /** Numbers for the terminal and --json: sizes, counts, boxes. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** For .npz, by name; the first of them for .npy. */
  readonly arrays?: Readonly<Record<string, NpyArray>>;
  /** For .png: exact class ids in a palette. Made when it is written. */
  readonly labels?: () => LabelMap;
  /** For .png and .jpg: a picture to look at. Made when it is written. */
  readonly picture?: () => RgbRaster;
  /** For .json. */
  readonly json?: unknown;
}

type SettingsOf<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>;

export interface Tool<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  readonly summary: string;
  /** What the files are, what comes out, and after what. */
  readonly description: string;
  readonly example: string;
  /** Of docs/raster, without its ending; several tools may share one. */
  readonly page: string;
  /** What it can write; the first is that of the targets when --out is a folder. */
  readonly endings: readonly Ending[];
  /** Fewer, where what comes out depends on a setting or the file. */
  endingsFor?(settings: SettingsOf<Shape>, file: string): readonly Ending[];
  /** One option a field: its description and default are shown by --help. */
  readonly settings: z.ZodObject<Shape>;
  /** `ending`: of what is to be written, so that what cannot hold the result is refused before it is computed; null where nothing is. */
  run(file: string, settings: SettingsOf<Shape>, task: RasterTask, ending: Ending | null): Promise<ToolResult>;
}

/** Keeps the type of the settings for `run`. */
export function defineTool<Shape extends z.ZodRawShape>(tool: Tool<Shape>): Tool<Shape> {
  return tool;
}
