import type * as z from 'zod';
import type { NpyArray } from '#shared/formats/npy.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { RgbRaster } from '#shared/raster/rasters.ts';
import type { RasterTask } from '#shared/raster/raster-task.ts';

/** What a tool made of one file. How much of it is written depends on the ending of the target: see `write-result.ts`. */
export interface ToolResult {
  /** Numbers for the terminal and --json: sizes, counts, boxes. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** For .npy. */
  readonly array?: NpyArray;
  /** For .png: exact class ids in a palette, or a picture to look at. */
  readonly labels?: LabelMap;
  readonly picture?: RgbRaster;
  /** For .json. */
  readonly json?: unknown;
}

export interface Tool<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  readonly summary: string;
  /** What the files are, what comes out, and after what. */
  readonly description: string;
  readonly example: string;
  /** Ending of the targets when --out is a folder. */
  readonly ending: '.png' | '.npy' | '.json';
  /** One option a field: its description and default are shown by --help. */
  readonly settings: z.ZodObject<Shape>;
  run(file: string, settings: z.infer<z.ZodObject<Shape>>, task: RasterTask): Promise<ToolResult>;
}

/** Keeps the type of the settings for `run`. */
export function defineTool<Shape extends z.ZodRawShape>(tool: Tool<Shape>): Tool<Shape> {
  return tool;
}
