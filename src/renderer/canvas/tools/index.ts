import { BACKGROUND } from '#shared/domain/classes.ts';
import { fillTool, pickTool } from './click-tools.ts';
import { PolygonTool } from './polygon-tool.ts';
import { StrokeTool } from './stroke-tool.ts';
import type { Tool } from './tool.ts';

/** Every tool, in the order of the toolbar. */
export const TOOL_IDS = ['brush', 'eraser', 'polygon', 'fill', 'pick'] as const;
export type ToolId = (typeof TOOL_IDS)[number];

export function makeTools(): Readonly<Record<ToolId, Tool>> {
  return { brush: new StrokeTool('brush'), eraser: new StrokeTool('eraser', BACKGROUND), polygon: new PolygonTool(), fill: fillTool(), pick: pickTool() };
}
