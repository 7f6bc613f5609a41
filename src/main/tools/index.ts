import { adjacencyTool } from './adjacency.ts';
import { affinityTool } from './affinity.ts';
import { blurTool } from './blur.ts';
import { boundaryTool } from './boundary.ts';
import { boxTool } from './box.ts';
import { cannyTool } from './canny.ts';
import { componentsTool } from './components.ts';
import { contourTool } from './contour.ts';
import { crfTool } from './crf.ts';
import type { Tool } from './define-tool.ts';
import { distanceTool } from './distance.ts';
import { greyTool } from './grey.ts';
import { labTool } from './lab.ts';
import { livewireTool } from './livewire.ts';
import { morphTool } from './morph.ts';
import { paletteTool } from './palette.ts';
import { perimeterFitTool } from './perimeter-fit.ts';
import { quickshiftTool } from './quickshift.ts';
import { resizeTool } from './resize.ts';
import { rleTool } from './rle.ts';
import { slicTool } from './slic.ts';
import { sobelTool } from './sobel.ts';
import { voteTool } from './vote.ts';
import { walkTool } from './walk.ts';
import { wandTool } from './wand.ts';

/** In the order in which help lists them. */
export const TOOLS: readonly Tool[] = [
  crfTool,
  slicTool,
  quickshiftTool,
  adjacencyTool,
  voteTool,
  cannyTool,
  sobelTool,
  blurTool,
  greyTool,
  labTool,
  resizeTool,
  componentsTool,
  contourTool,
  boxTool,
  perimeterFitTool,
  morphTool,
  distanceTool,
  affinityTool,
  walkTool,
  livewireTool,
  wandTool,
  boundaryTool,
  paletteTool,
  rleTool,
];

/** The tool of this name; names come from the command line's own table. */
export function toolNamed(name: string): Tool {
  const tool = TOOLS.find((one) => one.name === name);
  if (tool === undefined) throw new RangeError(`no tool "${name}"`);
  return tool;
}
