import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recipes } from '#main/ml/recipes/index.ts';
import { describeRecipe } from '#main/ml/pipeline/describe.ts';
import { layOutGraph, type GraphLayout } from './graph-layout.ts';

const SIZES = { nodeWidth: 100, nodeHeight: 50, gapX: 16, gapY: 8, laneHeight: 6 };
/** Hundreds of graphs take a second alone, and many when every core is taken. */
const BUSY_MACHINE_MS = 60_000;
const graph = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
  .map((drafts) => drafts.map((picks, at) => ({ step: `s${at}`, inputs: Object.fromEntries(at === 0 ? [] : picks.map((pick, input) => [`in${input}`, `s${pick % at}`])) })));

function overlaps({ nodes }: GraphLayout): boolean {
  return nodes.some((a, at) => nodes.slice(at + 1).some((b) => a.x === b.x && Math.abs(a.y - b.y) < SIZES.nodeHeight - 1e-6));
}

describe('layOutGraph', () => {
  it('any graph: no stage lies on another, edges go rightwards, nothing leaves the drawing, twice the same', () => {
    fc.assert(
      fc.property(graph, (steps) => {
        const layout = layOutGraph(steps, SIZES);
        expect(layout.nodes.map(({ step }) => step).sort()).toEqual(steps.map(({ step }) => step).sort());
        expect(overlaps(layout)).toBe(false);
        for (const { points } of layout.edges) {
          for (const [at, point] of points.entries()) {
            expect(point.x).toBeGreaterThan(points[at - 1]?.x ?? -1);
            expect(point.y).toBeGreaterThanOrEqual(0);
            expect(point.y).toBeLessThanOrEqual(layout.height + 1e-6);
          }
        }
        for (const { x, y } of layout.nodes) {
          expect(x + SIZES.nodeWidth).toBeLessThanOrEqual(layout.width);
          expect(y).toBeGreaterThanOrEqual(-1e-6);
          expect(y + SIZES.nodeHeight).toBeLessThanOrEqual(layout.height + 1e-6);
        }
        expect(layOutGraph(steps, SIZES)).toEqual(layout);
      }),
    );
  }, BUSY_MACHINE_MS);

  it('any graph: a lane never runs through a stage of its column', () => {
    fc.assert(
      fc.property(graph, (steps) => {
        const layout = layOutGraph(steps, SIZES);
        for (const { points } of layout.edges) {
          for (let at = 1; at + 1 < points.length; at += 2) {
            const lane = points[at];
            const hit = layout.nodes.some((node) => node.x === lane?.x && lane.y > node.y && lane.y < node.y + SIZES.nodeHeight);
            expect(hit).toBe(false);
          }
        }
      }),
    );
  }, BUSY_MACHINE_MS);

  it.each(recipes.map((recipe) => [recipe.id, recipe] as const))('%s: stages in the order of the pipeline, in one row where each stands alone', (_id, recipe) => {
    const { steps } = describeRecipe(recipe);
    const { nodes } = layOutGraph(steps, SIZES);
    const alone = nodes.filter((node) => nodes.filter(({ layer }) => layer === node.layer).length === 1).map(({ y }) => y);
    expect(Math.max(...alone) - Math.min(...alone)).toBeLessThan(1);
  });
});
