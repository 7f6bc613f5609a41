import { computed, shallowRef, watch, type Ref } from 'vue';
import { toErrorValue, type ErrorValue } from '#shared/errors.ts';
import type { Size } from '#shared/raster/planes.ts';
import { loadLabelMap } from '#renderer/api/photos.ts';
import type { ViewLayer } from '#renderer/canvas/layer-view.ts';
import type { CountedMap } from '#renderer/canvas/mask/counted-map.ts';
import { useQueryText } from '#renderer/composables/use-query.ts';
import { useLookView, type LayerLook } from '#renderer/stores/look-view.ts';
import { useProject } from '#renderer/stores/project.ts';
import { useRuns } from '#renderer/stores/runs.ts';
import { pickLayers, stackOf, type LookLayer } from './layer-stack.ts';
import { imageScore, maxOf } from './threshold.ts';
import { labelMapOf, useImage, useLayerMaps, useManifests, useNewestScores, useScoreMaps } from './use-look-data.ts';
import { usePreview } from './use-preview.ts';

const ARTIFACT = /^[0-9a-f]{32}$/;
/** Where nothing says otherwise: the default of the stage that makes seeds. */
const DEFAULT_THRESHOLD = 0.25;
const THRESHOLDS = Array.from({ length: 40 }, (_, index) => (index + 1) / 50);
const NO_HIDDEN: ReadonlySet<number> = new Set();

/** One class of the table of numbers. */
export interface ClassNumbers {
  readonly label: number;
  readonly pixels: number;
  readonly share: number;
  /** Highest score of its map; null where there is none. */
  readonly maxScore: number | null;
  /** Null while the truth is not open. */
  readonly iou: number | null;
}

/** Everything Look shows of one image, from its id and the address. */
export function useLook(imageId: Ref<string | undefined>) {
  const project = useProject();
  const runs = useRuns();
  const view = useLookView();
  const runQuery = useQueryText('run', '');
  const layerQuery = useQueryText('layer', '');
  const image = useImage(imageId);
  const { maps, errors, want, clear } = useLayerMaps();
  const { manifests, error: manifestsError } = useManifests();
  const table = useNewestScores();

  const truth = shallowRef<CountedMap | null>(null);
  const truthError = shallowRef<ErrorValue | null>(null);
  const isOpeningTruth = shallowRef(false);

  const layers = computed(() => image.details.value?.layers ?? []);
  /** Runs that made any of the layers, or reused them. */
  const runChoices = computed(() => {
    const known = new Set(layers.value.map(({ artifact }) => artifact));
    return runs.all.filter((run) => run.steps.some(({ artifact }) => artifact !== null && known.has(artifact)));
  });
  const wanted = computed(() => {
    const key = layerQuery.value.split('.')[0] ?? '';
    return ARTIFACT.test(key) ? key : null;
  });
  const picked = computed(() => pickLayers(layers.value, runChoices.value.find(({ id }) => id === runQuery.value) ?? null, wanted.value));
  const cams = computed(() => picked.value.find(({ kind }) => kind === 'score-maps') ?? null);

  const { scores, error: scoresError } = useScoreMaps(() => cams.value?.blob);
  watch(imageId, () => {
    clear();
    // Each look at the truth is one image's.
    truth.value = null;
    truthError.value = null;
  });

  const stack = computed<LookLayer[]>(() => {
    const details = image.details.value;
    if (details === null) return [];
    return stackOf({ picked: picked.value, classIndices: scores.value?.classIndices ?? null, className: project.labelName, edits: details.edits, hasTruth: details.image.hasTruth });
  });
  const maxScores = computed(() => new Map(scores.value?.classIndices.map((classIndex, at) => [classIndex, maxOf(scores.value?.planes[at] ?? new Float32Array())]) ?? []));
  const strongest = computed(() => [...maxScores.value].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null);

  const hasScoreMaps = computed(() => picked.value.some(({ kind }) => kind === 'score-maps'));

  /** How a layer is shown: what the user set for its kind, else a start that shows what the network sees, or the mask made last. */
  function lookOf(layer: LookLayer): LayerLook {
    const firstMap = stack.value.find(({ kind }) => kind === 'map')?.id ?? 'preview';
    const tells = hasScoreMaps.value ? layer.kind === 'cam' && layer.classIndex === strongest.value : layer.id === firstMap;
    const inA = layer.kind === 'photo' || layer.id === wanted.value || (tells && wanted.value === null);
    const start: LayerLook = { inA, inB: layer.kind === 'photo' || layer.id === firstMap, opacity: layer.kind === 'photo' ? 1 : layer.kind === 'cam' ? 0.65 : 0.8, style: 'both', palette: 'viridis' };
    return { ...start, ...view.looks[layer.look] };
  }

  const chosen = computed<LookLayer | null>(
    () =>
      stack.value.find(({ id }) => id === layerQuery.value) ??
      stack.value.find((layer) => layer.kind !== 'photo' && layer.kind !== 'truth' && lookOf(layer).inA) ??
      stack.value.find(({ kind }) => kind === 'map') ??
      stack.value.at(-1) ??
      null,
  );

  const seedThreshold = computed(() => {
    const seeds = picked.value.find(({ stage }) => stage === 'threshold-seeds');
    const value = seeds === undefined ? undefined : manifests.value.get(seeds.artifact)?.config['threshold'];
    return typeof value === 'number' ? value : DEFAULT_THRESHOLD;
  });
  const threshold = computed({
    get: () => view.threshold ?? seedThreshold.value,
    set: (value: number) => (view.threshold = Math.min(1, Math.max(0, Math.round(value * 100) / 100))),
  });

  // The same object as long as it is the same size: much is worked out from it.
  const size = computed<Size | null>((before) => {
    const summary = image.details.value?.image;
    if (summary === undefined) return null;
    return before?.width === summary.width && before.height === summary.height ? before : { width: summary.width, height: summary.height };
  });

  // Pixels of what is shown or chosen, and of nothing else.
  watch(
    () => stack.value.filter((layer) => layer.id === chosen.value?.id || lookOf(layer).inA || (view.mode !== 'single' && lookOf(layer).inB)),
    (needed) => {
      for (const layer of needed) {
        if (layer.kind === 'map') want(layer.id, layer.blob, () => labelMapOf('layer', layer.blob));
        if (layer.kind === 'corrected') {
          const id = `${layer.edits.imageId}.${layer.base}`;
          want(layer.id, `${id} ${layer.edits.revision}`, () => labelMapOf('corrected', id));
        }
      }
    },
    { immediate: true },
  );

  function mapOf(layer: LookLayer): CountedMap | null {
    if (layer.kind === 'preview') return preview.value;
    if (layer.kind === 'truth') return truth.value;
    return maps.get(layer.id) ?? null;
  }

  /** What a canvas draws, bottom first. */
  function viewLayers(isShown: (look: LayerLook) => boolean, sideOf: (look: LayerLook) => ViewLayer['side']): ViewLayer[] {
    return [...stack.value].reverse().flatMap((layer): ViewLayer[] => {
      const look = lookOf(layer);
      if (!isShown(look) || layer.kind === 'photo') return [];
      const common = { id: layer.id, opacity: look.opacity, side: sideOf(look) };
      if (layer.kind === 'cam') {
        const at = scores.value?.classIndices.indexOf(layer.classIndex) ?? -1;
        const plane = scores.value?.planes[at];
        if (scores.value === null || plane === undefined) return [];
        const { width, height } = scores.value;
        return [{ ...common, kind: 'heat', plane: { width, height, scores: plane }, look: { palette: look.palette, threshold: view.isCut ? threshold.value : 0 } }];
      }
      const map = mapOf(layer);
      if (map === null) return [];
      return [{ ...common, kind: 'labels', map, look: { classes: project.classes, style: look.style, opacity: look.style === 'both' ? 0.6 : 1, hidden: NO_HIDDEN } }];
    });
  }

  async function openTruth(): Promise<void> {
    const id = imageId.value;
    if (id === undefined || isOpeningTruth.value) return;
    isOpeningTruth.value = true;
    truthError.value = null;
    try {
      const map = await loadLabelMap('truth', id);
      if (id === imageId.value) {
        truth.value = map;
        view.set('truth', { inA: true });
      }
    } catch (thrown) {
      if (id === imageId.value) truthError.value = toErrorValue(thrown);
    }
    isOpeningTruth.value = false;
  }

  const labels = computed(() => project.classes.length + 1);
  /** The sweep of the split, where it is of the CAMs shown. */
  const splitSweep = computed(() => {
    const found = table.value?.layers.find(({ split, sweep }) => sweep !== null && split === image.details.value?.image.split);
    if (!found?.sweep || cams.value === null || manifests.value.get(found.artifact)?.inputs['cams'] !== cams.value.artifact) return null;
    return { split: found.split, images: found.images, sweep: found.sweep };
  });
  const thresholds = computed(() => splitSweep.value?.sweep.map((point) => point.threshold) ?? THRESHOLDS);
  const openTruthOf = computed(() => (truth.value === null ? null : { map: truth.value, labels: labels.value, thresholds: thresholds.value }));
  const { preview, score: previewScore, curve: ownCurve } = usePreview(scores, size, openTruthOf, threshold, (message) => (scoresError.value = toErrorValue(new Error(message))));
  const miouNow = computed(() => previewScore.value?.miou ?? null);

  /** The layer whose numbers are shown: a CAM's and the photo's are those of the preview. */
  const counted = computed(() => {
    const layer = chosen.value;
    if (layer === null || layer.kind === 'photo' || layer.kind === 'cam') return stack.value.find(({ kind }) => kind === 'preview') ?? null;
    return layer;
  });
  const numbers = computed<readonly ClassNumbers[]>(() => {
    const map = counted.value === null ? null : mapOf(counted.value);
    if (map === null) return [];
    const isPreview = counted.value?.kind === 'preview';
    const score = truth.value === null || counted.value?.kind === 'truth' ? null : isPreview ? previewScore.value : imageScore(map, truth.value, labels.value);
    return [...map.counts.entries()]
      .filter(([label, pixels]) => pixels > 0 || maxScores.value.has(label))
      .map(([label, pixels]) => ({ label, pixels, share: pixels / map.data.length, maxScore: maxScores.value.get(label) ?? null, iou: score?.perLabel[label]?.iou ?? null }));
  });

  return {
    image, view, runQuery, layerQuery, runChoices, stack, chosen, cams, scores, scoresError, truth, truthError, isOpeningTruth, openTruth,
    errors, lookOf, mapOf, viewLayers, threshold, splitSweep, thresholds, ownCurve, miouNow, counted, numbers, manifests, manifestsError, size,
  };
}

export type Look = ReturnType<typeof useLook>;
