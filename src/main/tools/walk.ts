import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import { argmaxOfMany, argmaxPlanes } from '#shared/raster/background.ts';
import { partOf } from '#shared/raster/raster-task.ts';
import { edgeAffinities, featureAffinities } from '#shared/raster/walk/affinities.ts';
import { walkOntoBoundaries, walkWithinBoundaries } from '#shared/raster/walk/boundary-walk.ts';
import { assertWalkFits, randomWalk } from '#shared/raster/walk/random-walk.ts';
import { defineTool } from './define-tool.ts';
import { drawHeat } from './draw.ts';
import { oneEdgePlane } from './planes-of.ts';
import { fileFor, readMask, readPlanes } from './read-input.ts';
import { assertPaletteHoldsPlanes } from './results.ts';
import { oneOf, place, real, whole } from './settings.ts';

export const walkTool = defineTool({
  name: 'walk',
  summary: 'spread scores by a random walk that edges or features hold back',
  description:
    'Files are edges, float32 [H, W] in 0..1 (IRN’s rule), or features, float32 [C, H, W] (AffinityNet’s). Scores are spread on the same grid. .npy: float32 [K, H, W]; .png: the best of each pixel, or of one plane its scores, the higher the lighter; .npz: both, as scores and labels.',
  example: 'penumbra tool walk edges.npy --scores cam.npy --out walked.npy',
  page: 'walk',
  endings: ['.npy', '.npz', '.png'],
  settings: z.object({
    scores: place.optional().describe('scores .npy or .npz [K, H, W], or a folder of them; needed'),
    affinity: oneOf(['edges', 'features']).default('edges').describe('what the files hold: edges or features'),
    radius: whole(1, 64).default(5).describe('pairs nearer than this, px'),
    sources: oneOf(['all', 'inner']).optional().describe('all pairs (default for edges), or those of PSA’s inner pixels (default for features)'),
    beta: real(0).default(10).describe('power of the affinities'),
    doublings: whole(0, 20).default(8).describe('2^k steps'),
    boundary: place.optional().describe('mask of boundaries on the same grid, for RETAB’s two stages; or a folder of them'),
    stage: oneOf(['1', '2']).default('1').describe('RETAB’s stage: 1 within boundaries, 2 onto them'),
  }),
  async run(file, settings, task, ending) {
    const { scores: scoresFile, radius, beta, doublings } = settings;
    if (scoresFile === undefined) throw new PenumbraError('BAD_REQUEST', 'No --scores are given.', { remedy: 'Name the scores that are to be spread.' });
    const guide = await readPlanes(file);
    const found = await fileFor(file, scoresFile, ['.npy', '.npz']);
    const scores = await readPlanes(found);
    assertPaletteHoldsPlanes(found, scores.count, ending);
    assertWalkFits(guide, radius, scores.count);
    const byEdges = settings.affinity === 'edges';
    const affinities = byEdges ? edgeAffinities(oneEdgePlane(file, guide), radius, settings.sources ?? 'all', partOf(task, 0, 0.2)) : featureAffinities(guide, radius, settings.sources ?? 'inner', partOf(task, 0, 0.2));
    const parameters = { beta, doublings };
    const walked = await (async () => {
      if (settings.boundary === undefined) return randomWalk(scores, affinities, parameters, partOf(task, 0.2, 1));
      const boundary = await readMask(await fileFor(file, settings.boundary, ['.png', '.npy', '.npz']));
      return (settings.stage === '1' ? walkWithinBoundaries : walkOntoBoundaries)(scores, affinities, boundary, parameters, partOf(task, 0.2, 1));
    })();
    const { count, width, height, data } = walked;
    const arrays = {
      scores: { dtype: 'float32', shape: [count, height, width], data },
      ...(ending === '.npz' ? { labels: { dtype: 'int32', shape: [height, width], data: argmaxOfMany(walked) } as const } : {}),
    } as const;
    const facts = { planes: count, width, height };
    // Of one plane the best is always the first.
    return count === 1 ? { facts, arrays, picture: () => drawHeat(walked) } : { facts, arrays, labels: () => ({ width, height, data: argmaxPlanes(walked) }) };
  },
});
