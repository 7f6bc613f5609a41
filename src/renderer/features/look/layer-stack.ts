import type { ImageLayer } from '#shared/contract/dataset.ts';
import type { EditState } from '#shared/contract/edits.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { strings } from '#renderer/strings/index.ts';

/**
 * A layer of the stack. `id` names it in the address; `look` is the key under which how it is shown is kept, the same for layers of one
 * kind over all images.
 */
export type LookLayer = { readonly id: string; readonly look: string; readonly title: string } & (
  | { readonly kind: 'photo' }
  | { readonly kind: 'cam'; readonly artifact: string; readonly classIndex: number }
  | { readonly kind: 'preview' }
  | { readonly kind: 'map'; readonly artifact: string; readonly blob: string }
  | { readonly kind: 'corrected'; readonly base: string; readonly edits: EditState }
  | { readonly kind: 'truth' }
);

/** Steps in the order of the work; unknown ones lie above. */
const STEP_ORDER = ['seeds', 'refined', 'corrected', 'predictions'];

/** Of each step the newest artifact; of the named run where one is named; `wanted` (an artifact key) wins in its step. */
export function pickLayers(layers: readonly ImageLayer[], run: RunSummary | null, wanted: string | null): ImageLayer[] {
  const own = new Set(run?.steps.flatMap(({ artifact }) => artifact ?? []));
  const candidates = layers.filter((layer) => run === null || own.has(layer.artifact) || layer.runId === run.id || layer.artifact === wanted);
  const byStep = new Map<string, ImageLayer>();
  for (const layer of candidates) {
    const step = stepOf(layer);
    if (!byStep.has(step) || layer.artifact === wanted) byStep.set(step, layer);
  }
  return [...byStep.values()];
}

function stepOf(layer: ImageLayer): string {
  return `${layer.kind} ${layer.step ?? layer.stage}`;
}

interface StackParts {
  readonly picked: readonly ImageLayer[];
  /** Classes of the score maps; null while they are loaded or where there are none. */
  readonly classIndices: readonly number[] | null;
  readonly className: (index: number) => string;
  readonly edits: EditState | null;
  readonly hasTruth: boolean;
}

/** The stack, top first. */
export function stackOf({ picked, classIndices, className, edits, hasTruth }: StackParts): LookLayer[] {
  const text = strings.look;
  const cams = picked.find(({ kind }) => kind === 'score-maps');
  const place = ({ step }: ImageLayer): number => {
    const at = STEP_ORDER.indexOf(step ?? '');
    return at === -1 ? STEP_ORDER.length : at;
  };
  const maps = picked
    .filter(({ kind }) => kind === 'label-maps')
    .sort((a, b) => place(b) - place(a))
    .map((layer): LookLayer => ({ id: layer.artifact, look: `map.${layer.step ?? layer.stage}`, title: text.steps[layer.step ?? ''] ?? layer.title, kind: 'map', artifact: layer.artifact, blob: layer.blob }));
  const corrected = edits === null || edits.base === null || edits.gestures === 0 ? [] : [{ id: 'corrected', look: 'corrected', title: text.corrected, kind: 'corrected', base: edits.base, edits } satisfies LookLayer];
  const heat =
    cams === undefined || classIndices === null
      ? []
      : [
          { id: 'preview', look: 'preview', title: text.preview, kind: 'preview' } satisfies LookLayer,
          ...classIndices.map((classIndex): LookLayer => ({ id: `${cams.artifact}.${classIndex}`, look: `cam.${classIndex}`, title: text.cam(className(classIndex)), kind: 'cam', artifact: cams.artifact, classIndex })),
        ];
  return [
    ...(hasTruth ? [{ id: 'truth', look: 'truth', title: text.truth, kind: 'truth' } satisfies LookLayer] : []),
    ...corrected,
    ...maps,
    ...heat,
    { id: 'photo', look: 'photo', title: text.photo, kind: 'photo' },
  ];
}
