import * as z from 'zod';
import { PenumbraError } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { CRF_ROWS, CRF_ROW_NAMES, type CrfParameters } from '#shared/raster/crf/crf-rows.ts';
import { defineStage, type ArtifactReader, type ImageRecord } from '../stage.ts';
import { TaskPool, defaultThreads } from '../workers/task-pool.ts';
import type { CrfStart, CrfTask } from './crf-task.ts';
import { eachImage } from './each-image.ts';
import { hasLabelMap, readLabelMap, writeLabelMap } from './label-maps-io.ts';
import { hasScoreMaps, readScoreMaps } from './score-maps-io.ts';
import { backgroundConfig } from './threshold-seeds.ts';

const PULSE_MS = 1000;
const REFERENCE = 'methods/refine.md §0.4';
const asRow = (from: number, to: number, title: string, unit?: string) =>
  z
    .number()
    .min(from)
    .max(to)
    .nullable()
    .default(null)
    .meta({ title: `${title} (null = as row)`, ...(unit === undefined ? {} : { unit }), source: REFERENCE });

const config = z.object({
  unary: z.enum(['labels', 'scores']).default('labels').meta({ title: 'Start from', source: REFERENCE }),
  row: z.enum(CRF_ROW_NAMES).default('irn').meta({ title: 'Published parameters', source: REFERENCE }),
  ...backgroundConfig,
  labelConfidence: asRow(0.5, 0.999, 'Trust in a label p'),
  iterations: z.int().min(0).max(100).nullable().default(null).meta({ title: 'Mean-field iterations (null = as row)', source: REFERENCE }),
  gaussianSxyPx: asRow(0.1, 1000, 'Smoothness: spatial σ', 'px'),
  gaussianCompat: asRow(0, 1000, 'Smoothness: weight'),
  bilateralSxyPx: asRow(0.1, 1000, 'Appearance: spatial σ', 'px'),
  bilateralSrgb: asRow(0.1, 1000, 'Appearance: colour σ', 'levels of 0–255'),
  bilateralCompat: asRow(0, 1000, 'Appearance: weight'),
  longSidePx: z
    .int()
    .min(32)
    .max(16384)
    .nullable()
    .default(null)
    .meta({ title: 'Long side of the working size (null = photo size)', unit: 'px', source: `${REFERENCE}: full size` }),
});

/** The row's parameters with what was set by hand in their place. */
export function crfParameters(settings: z.output<typeof config>): CrfParameters & { readonly labelConfidence: number } {
  const row = CRF_ROWS[settings.row];
  return {
    iterations: settings.iterations ?? row.iterations,
    gaussian: { sxyPx: settings.gaussianSxyPx ?? row.gaussian.sxyPx, compat: settings.gaussianCompat ?? row.gaussian.compat },
    bilateral: {
      sxyPx: settings.bilateralSxyPx ?? row.bilateral.sxyPx,
      srgb: settings.bilateralSrgb ?? row.bilateral.srgb,
      compat: settings.bilateralCompat ?? row.bilateral.compat,
    },
    labelConfidence: settings.labelConfidence ?? row.labelConfidence,
  };
}

/** Seeds or scores → label maps that follow the photo's edges, over the image's own labels alone. */
export const refineCrf = defineStage({
  id: 'refine-crf',
  version: 1,
  title: 'Refine with a dense CRF',
  config,
  inputs: {
    seeds: { kind: 'label-maps', optional: true, summary: 'label maps; needed to start from labels' },
    cams: {
      kind: 'score-maps',
      optional: true,
      summary: "class scores; needed to start from scores, and otherwise say which labels are the image's own",
    },
  },
  output: 'label-maps',
  reads: ['photos'],
  usesTensors: false,
  async run(context, settings, { seeds, cams }) {
    const parameters = crfParameters(settings);
    const fromScores = settings.unary === 'scores';
    const source = needed(settings.unary, fromScores ? cams : seeds);
    const images = context.dataset.images.filter((image) => (fromScores ? hasScoreMaps(source, image.id) : hasLabelMap(source, image.id)));

    const startOf = async (image: ImageRecord): Promise<CrfStart> => {
      if (fromScores) return { from: 'scores', maps: await readScoreMaps(source, image), rule: settings };
      const map = await readLabelMap(source, image);
      const ownLabels =
        cams !== undefined && hasScoreMaps(cams, image.id) ? [0, ...(await readScoreMaps(cams, image)).keys] : labelsIn(map);
      return { from: 'labels', map, labels: ownLabels, confidence: parameters.labelConfidence };
    };

    const pool = new TaskPool<CrfTask, LabelMap>(new URL('./crf-worker.ts', import.meta.url), Math.min(defaultThreads(), images.length));
    const stop = (): void => void pool.close();
    context.signal.addEventListener('abort', stop);
    // A large photo takes minutes in its thread; this thread is well meanwhile and says so. Cancelling goes through the signal.
    const pulse = setInterval(() => void context.breathe().catch(() => undefined), PULSE_MS);
    try {
      // One more lane than threads: the next image is read while the others are computed.
      await eachImage(
        context,
        images,
        {
          isDone: (image) => hasLabelMap(context.output, image.id),
          make: async (image) => {
            const start = await startOf(image);
            const map = await pool.run({
              photoPath: image.photoPath,
              photo: sizeOf(image),
              longSidePx: settings.longSidePx,
              start,
              parameters,
            });
            await writeLabelMap(context.output, image.id, map);
          },
        },
        pool.threads + 1,
      );
    } finally {
      clearInterval(pulse);
      context.signal.removeEventListener('abort', stop);
      await pool.close();
    }
  },
});

function needed(unary: 'labels' | 'scores', input: ArtifactReader | undefined): ArtifactReader {
  if (input !== undefined) return input;
  const name = unary === 'labels' ? 'seeds' : 'cams';
  throw new PenumbraError('STAGE_CONFIG_INVALID', `unary = "${unary}" starts from the input "${name}", which this recipe does not give.`, {
    remedy: `Connect "${name}" in the recipe, or set unary to "${unary === 'labels' ? 'scores' : 'labels'}".`,
    details: { key: 'unary', value: unary, expected: name },
  });
}

/** Background and every class in the map, ascending. */
function labelsIn(map: LabelMap): number[] {
  const seen = new Set<number>([0]);
  for (const label of map.data) if (label !== 255) seen.add(label);
  return [...seen].sort((a, b) => a - b);
}

function sizeOf(image: ImageRecord): { width: number; height: number } {
  return { width: image.width, height: image.height };
}
