import { computed, shallowReactive, shallowRef, watch, type Ref } from 'vue';
import { dataset, edits as editCalls, runs as runCalls, scores as scoreCalls } from '#shared/contract/index.ts';
import type { ImageLayer, ImageSummary } from '#shared/contract/dataset.ts';
import type { EditState } from '#shared/contract/edits.ts';
import type { ArtifactManifest } from '#shared/domain/artifact.ts';
import type { ScoreTable } from '#shared/domain/score.ts';
import { PenumbraError, toErrorValue, type ErrorValue } from '#shared/errors.ts';
import { readScoreMaps } from '#shared/formats/score-maps.ts';
import { call, getBlob } from '#renderer/api/client.ts';
import { loadLabelMap, loadPhoto } from '#renderer/api/photos.ts';
import type { CountedMap } from '#renderer/canvas/mask/counted-map.ts';
import type { PhotoSource } from '#renderer/canvas/view/photo-source.ts';
import { useCoreEvent, useResync } from '#renderer/composables/use-core-events.ts';
import { useLoading } from '#renderer/composables/use-loading.ts';
import { RecentLoads } from './image-cache.ts';
import type { ImageScores } from './threshold.ts';

/** What is known of one image, without pixels. */
export interface ImageDetails {
  readonly image: ImageSummary;
  readonly photo: 'ok' | 'missing' | 'changed';
  readonly layers: readonly ImageLayer[];
  readonly edits: EditState;
}

export interface ShownPhoto {
  readonly imageId: string;
  readonly source: PhotoSource;
  readonly error: ErrorValue | null;
}

/** Photos of at most 16 Mpx, 64 MB decoded: those before, at and after the image shown. */
const photos = new RecentLoads<PhotoSource>(3);
const details = new RecentLoads<ImageDetails>(12);
const scoreMaps = new RecentLoads<ImageScores>(8);
const labelMaps = new RecentLoads<CountedMap>(12);

/** All that is not fixed by its key: scores and label maps of artifacts are, and so are photos. */
function dropWhatChanges(): void {
  details.drop(() => true);
  labelMaps.drop((key) => key.startsWith('corrected '));
}

function detailsOf(imageId: string): Promise<ImageDetails> {
  return details.get(imageId, async () => {
    const [{ image, photo, layers }, edits] = await Promise.all([call(dataset.getImage, { imageId }), call(editCalls.getEditState, { imageId })]);
    return { image, photo, layers, edits };
  });
}

function photoOf(imageId: string, isBuilding?: () => void): Promise<PhotoSource> {
  return photos.get(imageId, () => loadPhoto(imageId, new AbortController().signal, isBuilding));
}

function scoreMapsOf(blob: string): Promise<ImageScores> {
  return scoreMaps.get(blob, async () => readScoreMaps(await getBlob('layer', blob)));
}

export function labelMapOf(blob: 'layer' | 'corrected', id: string): Promise<CountedMap> {
  return labelMaps.get(`${blob} ${id}`, () => loadLabelMap(blob, id));
}

/** Details and photo of the image in `imageId`; what older requests bring is dropped. */
export function useImage(imageId: Ref<string | undefined>) {
  // Nobody listened since Look was left: images may have been corrected, tagged, run on, or be another project's with the same photo.
  dropWhatChanges();
  const loading = useLoading(() => (imageId.value === undefined ? Promise.resolve(null) : detailsOf(imageId.value)));
  const photo = shallowRef<ShownPhoto | null>(null);
  const isBuilding = shallowRef(false);

  async function loadShownPhoto(id: string): Promise<void> {
    isBuilding.value = false;
    try {
      const source = await photoOf(id, () => (isBuilding.value = id === imageId.value));
      if (id === imageId.value) photo.value = { imageId: id, source, error: null };
    } catch (thrown) {
      const size = await detailsOf(id).then(({ image }) => image, () => null);
      if (id === imageId.value && size !== null) photo.value = { imageId: id, source: { kind: 'blank', width: size.width, height: size.height }, error: toErrorValue(thrown) };
    }
    if (id === imageId.value) isBuilding.value = false;
  }

  function reload(): void {
    if (imageId.value !== undefined) details.drop((key) => key === imageId.value);
    void loading.load();
  }

  watch(
    imageId,
    (id) => {
      void loading.load();
      if (id !== undefined) void loadShownPhoto(id);
    },
    { immediate: true },
  );
  useCoreEvent('edits.changed', (state) => {
    labelMaps.drop((key) => key.startsWith(`corrected ${state.imageId}.`));
    details.drop((key) => key === state.imageId);
    if (state.imageId === imageId.value) void loading.load();
  });
  useCoreEvent('dataset.imagesChanged', ({ images }) => {
    const changed = new Set(images.map(({ id }) => id));
    details.drop((key) => changed.has(key));
    if (imageId.value !== undefined && changed.has(imageId.value)) void loading.load();
  });
  // A run may have sealed maps of any image.
  useCoreEvent('runs.changed', (run) => {
    if (run.state !== 'done' && !run.steps.some(({ state, artifact }) => state === 'done' && artifact !== null && !knownArtifacts.has(artifact))) return;
    for (const { artifact } of run.steps) if (artifact !== null) knownArtifacts.add(artifact);
    details.drop(() => true);
    reload();
  });
  useResync(() => {
    dropWhatChanges();
    reload();
    const shown = photo.value;
    if (shown?.error && imageId.value !== undefined) void loadShownPhoto(imageId.value);
  });

  /** Only what belongs to the image asked for: while another loads, the view stays as it is. */
  const shown = computed(() => (loading.value.value?.image.id === imageId.value ? loading.value.value : null));
  return { details: shown, error: loading.error, load: reload, photo, isBuilding };
}

const knownArtifacts = new Set<string>();

/** Gets an image ready that will be wanted soon. */
export function prefetchImage(imageId: string): void {
  const none = (): undefined => undefined;
  photoOf(imageId).catch(none);
  detailsOf(imageId).then(({ layers }) => {
    const cams = layers.find(({ kind }) => kind === 'score-maps');
    if (cams !== undefined) scoreMapsOf(cams.blob).catch(none);
  }, none);
}

/** The scores behind `blob`: null until they are there, so that those of another image never lie over this one. */
export function useScoreMaps(blob: () => string | undefined) {
  const scores = shallowRef<ImageScores | null>(null);
  const error = shallowRef<ErrorValue | null>(null);
  watch(
    blob,
    async (asked) => {
      scores.value = null;
      error.value = null;
      if (asked === undefined) return;
      try {
        const loaded = await scoreMapsOf(asked);
        if (blob() === asked) scores.value = loaded;
      } catch (thrown) {
        if (blob() === asked) error.value = toErrorValue(thrown);
      }
    },
    { immediate: true },
  );
  return { scores, error };
}

/** Pixels of layers as they are needed, by layer id; each with its own error. */
export function useLayerMaps() {
  const maps = shallowReactive(new Map<string, CountedMap>());
  const errors = shallowReactive(new Map<string, ErrorValue>());
  const wanted = new Map<string, string>();

  /** Loads `id` from where `address` says, unless that is there already. */
  function want(id: string, address: string, load: () => Promise<CountedMap>): void {
    if (wanted.get(id) === address) return;
    wanted.set(id, address);
    errors.delete(id);
    load().then(
      (map) => {
        if (wanted.get(id) === address) maps.set(id, map);
      },
      (thrown: unknown) => {
        if (wanted.get(id) !== address) return;
        maps.delete(id);
        errors.set(id, toErrorValue(thrown));
      },
    );
  }

  function clear(): void {
    wanted.clear();
    maps.clear();
    errors.clear();
  }

  return { maps, errors, want, clear };
}

/** Where artifacts come from, without their lists of files, which are long. */
export function useManifests() {
  const { value, error, load } = useLoading(async (signal) => {
    const { artifacts } = await call(runCalls.listArtifacts, {}, { signal });
    return new Map<string, ArtifactManifest>(artifacts.map(({ manifest }) => [manifest.key, { ...manifest, files: [] }]));
  });
  void load();
  useResync(() => void load());
  useCoreEvent('runs.changed', (run) => {
    if (run.state === 'done') void load();
  });
  return { manifests: computed(() => value.value ?? new Map<string, ArtifactManifest>()), error };
}

/** The newest score table; null where nothing was scored. */
export function useNewestScores() {
  const { value, load } = useLoading(async (signal): Promise<ScoreTable | null> => {
    try {
      return (await call(scoreCalls.getScores, {}, { signal })).table;
    } catch (thrown) {
      if (thrown instanceof PenumbraError && thrown.code === 'ARTIFACT_NOT_FOUND') return null;
      throw thrown;
    }
  });
  void load();
  useResync(() => void load());
  useCoreEvent('runs.changed', (run) => {
    if (run.state === 'done') void load();
  });
  return value;
}
