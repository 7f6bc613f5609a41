import type { EditState, ReviewState } from '#shared/contract/edits.ts';
import { IGNORE } from '#shared/domain/classes.ts';
import { PenumbraError, toErrorValue } from '#shared/errors.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { addGesture, applyOverlay, conflicts, editedPixels, emptyOverlay, type EditOverlay } from '#shared/mask/replay.ts';
import { applyDiffsInPlace, changedPixels, decodeGesture, diffLabelMaps, encodeGesture, type TileDiff } from '#shared/mask/tile-diff.ts';
import { faultPoint } from '../../faults/faults.ts';
import type { Clock, Project } from '../project.ts';
import type { GestureState, ImageWork, StoredGesture } from '../repositories/edits.ts';
import { CorrectedCache, type WorkedOut } from './corrected-cache.ts';
import { baseSizeMismatch, malformedGesture, nothingTo, staleBase, staleRevision, unknownClass } from './edit-errors.ts';
import { SerialQueue } from './serial-queue.ts';

/** The label map of an image in a label-maps artifact. Throws ARTIFACT_NOT_FOUND. */
export type ReadBase = (artifactKey: string, imageId: string) => Promise<LabelMap>;

export interface GestureCommit {
  readonly imageId: string;
  /** Label-maps artifact shown while painting. */
  readonly base: string;
  readonly expectedRevision: number;
  readonly tool: string;
  /** `encodeGesture` of shared/mask/tile-diff.ts. */
  readonly diff: Uint8Array;
  readonly clientGestureId: string;
}

export interface RebasedImage {
  readonly imageId: string;
  readonly editedPixels: number;
  readonly conflictPixels: number;
}

export interface LoggedGesture {
  readonly sequence: number;
  readonly at: string;
  readonly tool: string;
  readonly state: GestureState;
  readonly base: string;
  readonly tiles: number;
  readonly changedPixels: number;
}

/**
 * Hand corrections: gestures over a base label map. What a method returns is on disk. Changes run one after the other, each in
 * one transaction; memory follows the database, never the other way round.
 */
export class EditService {
  readonly #project: Project;
  readonly #readBase: ReadBase;
  readonly #now: Clock;
  readonly #cache = new CorrectedCache();
  readonly #queue = new SerialQueue();

  constructor(project: Project, readBase: ReadBase, options: { now?: Clock } = {}) {
    this.#project = project;
    this.#readBase = readBase;
    this.#now = options.now ?? (() => new Date());
  }

  /** NOT_FOUND for an unknown image. */
  state(imageId: string): EditState {
    this.#project.images.get(imageId);
    const { base, revision, conflictPixels, review } = this.#project.edits.work(imageId);
    const { applied, undone } = this.#project.edits.countByState(imageId);
    return { imageId, base, revision, gestures: applied, undoable: applied, redoable: undone, conflictPixels, review };
  }

  /**
   * Saves one gesture durably. Sending the same `clientGestureId` again changes nothing. EDIT_STALE when another writer came first, the
   * corrections lie on another base, or the tiles do not start from the corrected map; EDIT_MALFORMED.
   */
  commit(gesture: GestureCommit): Promise<EditState> {
    return this.#queue.run(async () => {
      const { imageId } = gesture;
      const size = this.#project.images.get(imageId);
      if (this.#project.edits.hasClientId(imageId, gesture.clientGestureId)) return this.state(imageId);
      const work = this.#checkedWork(imageId, gesture.base, gesture.expectedRevision);
      const diffs = decodeGesture(gesture.diff, size);
      if (diffs.length === 0) throw malformedGesture(imageId, 'it changes no pixel');
      const label = foreignLabel(diffs, this.#classCount());
      if (label !== null) throw malformedGesture(imageId, `it paints the value ${label}, which is no class of the project`);
      const entry = await this.#workedOut(imageId, gesture.base, work);
      return this.#save(gesture, diffs, work, entry);
    });
  }

  /**
   * Saves the difference between the corrected map and `map` as one gesture on `base`. MASK_SIZE_MISMATCH, MASK_UNKNOWN_CLASS, and
   * EDIT_STALE when the corrections lie on another base.
   */
  replaceCorrected(replacement: { imageId: string; base: string; map: LabelMap; clientGestureId: string }): Promise<EditState> {
    return this.#queue.run(async () => {
      const { imageId, base, map, clientGestureId } = replacement;
      const size = this.#project.images.get(imageId);
      if (map.width !== size.width || map.height !== size.height) throw baseSizeMismatch(imageId, 'the file sent', map, size);
      const classes = this.#classCount();
      const label = map.data.find((value) => value > classes && value !== IGNORE);
      if (label !== undefined) throw unknownClass(imageId, label, classes);
      if (this.#project.edits.hasClientId(imageId, clientGestureId)) return this.state(imageId);
      const work = this.#checkedWork(imageId, base, null);
      const entry = await this.#workedOut(imageId, base, work);
      const diffs = diffLabelMaps(entry.corrected, map);
      if (diffs.length === 0) return this.state(imageId);
      const gesture = { imageId, base, expectedRevision: work.revision, tool: 'replace', diff: encodeGesture(size, diffs), clientGestureId };
      return this.#save(gesture, diffs, work, entry);
    });
  }

  /** Undoes the newest gesture in force; the log keeps it. */
  undo(step: { imageId: string; expectedRevision: number }): Promise<EditState> {
    return this.#queue.run(() => this.#step('undo', step.imageId, step.expectedRevision));
  }

  /** Brings back the gesture undone last. */
  redo(step: { imageId: string; expectedRevision: number }): Promise<EditState> {
    return this.#queue.run(() => this.#step('redo', step.imageId, step.expectedRevision));
  }

  /**
   * Replays corrections on another base, all images or none. Without `imageIds` it takes all edited images that the base has
   * a label map for. ARTIFACT_NOT_FOUND, MASK_SIZE_MISMATCH.
   */
  rebase(request: { imageIds?: readonly string[] | undefined; base: string }): Promise<RebasedImage[]> {
    return this.#queue.run(async () => {
      const { base } = request;
      const planned: { imageId: string; work: ImageWork; entry: WorkedOut; conflictPixels: number }[] = [];
      let firstMissing: PenumbraError | null = null;
      for (const imageId of request.imageIds ?? this.#project.edits.editedImages()) {
        this.#project.images.get(imageId);
        const before = this.#project.edits.work(imageId);
        const work = before.base === base ? before : { ...before, revision: before.revision + 1 };
        try {
          const entry = await this.#fold(imageId, base, work.revision, this.#project.edits.applied(imageId));
          planned.push({ imageId, work, entry, conflictPixels: conflicts(entry.baseMap, entry.overlay).pixels });
        } catch (thrown) {
          if (request.imageIds !== undefined || !(thrown instanceof PenumbraError) || thrown.code !== 'ARTIFACT_NOT_FOUND') throw thrown;
          firstMissing ??= thrown;
        }
      }
      if (planned.length === 0 && firstMissing !== null) throw firstMissing;
      this.#project.edits.write(() => {
        for (const { imageId, work, conflictPixels } of planned) this.#project.edits.setWork(imageId, { ...work, base, conflictPixels });
      });
      return planned.map(({ imageId, entry, conflictPixels }) => {
        this.#cache.set(imageId, entry);
        return { imageId, editedPixels: editedPixels(entry.overlay), conflictPixels };
      });
    });
  }

  /** Every gesture ever made on an image, newest first. */
  log(imageId: string, offset: number, limit: number): { total: number; gestures: LoggedGesture[] } {
    this.#project.images.get(imageId);
    const { total, gestures } = this.#project.edits.log(imageId, offset, limit);
    return { total, gestures: gestures.map(({ changed_pixels, ...rest }) => ({ ...rest, changedPixels: changed_pixels })) };
  }

  setReview(imageId: string, review: ReviewState): Promise<EditState> {
    return this.#queue.run(() => {
      this.#project.images.get(imageId);
      this.#project.edits.write(() => this.#project.edits.setWork(imageId, { ...this.#project.edits.work(imageId), review }));
      return Promise.resolve(this.state(imageId));
    });
  }

  /** Base plus gestures in force; a copy. Changes nothing, whatever base is asked for. */
  correctedMap(imageId: string, base: string): Promise<LabelMap> {
    return this.#queue.run(async () => {
      const { corrected } = await this.#look(imageId, base);
      return { ...corrected, data: corrected.data.slice() };
    });
  }

  /** 1 where `base` and the corrections disagree, else 0. */
  conflictMap(imageId: string, base: string): Promise<{ pixels: number; map: LabelMap }> {
    return this.#queue.run(async () => {
      const { baseMap, overlay } = await this.#look(imageId, base);
      const { pixels, mask } = conflicts(baseMap, overlay);
      return { pixels, map: { width: baseMap.width, height: baseMap.height, data: mask } };
    });
  }

  async #look(imageId: string, base: string): Promise<WorkedOut> {
    this.#project.images.get(imageId);
    const work = this.#project.edits.work(imageId);
    if (work.base === base) return this.#workedOut(imageId, base, work);
    return this.#fold(imageId, base, work.revision, this.#project.edits.applied(imageId));
  }

  #save(gesture: GestureCommit, diffs: readonly TileDiff[], work: ImageWork, entry: WorkedOut): EditState {
    const { imageId, base, tool } = gesture;
    // Checks that every tile starts from the corrected map; undone below if the database refuses.
    applyDiffsInPlace(entry.corrected, diffs, 'forward');
    const revision = work.revision + 1;
    try {
      addGesture(entry.overlay, diffs, entry.baseMap);
      // On its own base a gesture can settle conflicts but never make one.
      const conflictPixels = work.conflictPixels === 0 ? 0 : conflicts(entry.baseMap, entry.overlay).pixels;
      this.#project.edits.write(() => {
        this.#project.edits.append(imageId, {
          base,
          tool,
          at: this.#now().toISOString(),
          diff: gesture.diff,
          tiles: diffs.length,
          changed_pixels: changedPixels(diffs),
          client_gesture_id: gesture.clientGestureId,
        });
        this.#project.edits.setWork(imageId, { ...work, base, revision, conflictPixels });
        faultPoint('edits.before-commit');
      });
    } catch (thrown) {
      // The database holds the truth; what was worked out is folded anew when next asked for.
      this.#cache.drop(imageId);
      throw thrown;
    }
    this.#cache.set(imageId, { ...entry, revision });
    faultPoint('edits.after-commit');
    return this.state(imageId);
  }

  async #step(step: 'undo' | 'redo', imageId: string, expectedRevision: number): Promise<EditState> {
    const { edits } = this.#project;
    const { id } = this.#project.images.get(imageId);
    const work = edits.work(id);
    if (work.revision !== expectedRevision) throw staleRevision(imageId, expectedRevision, work.revision);
    const sequence = step === 'undo' ? edits.newestApplied(imageId) : edits.lastUndone(imageId);
    const moved = sequence === null ? null : edits.get(imageId, sequence);
    if (moved === null || work.base === null) throw nothingTo(step, imageId);
    const applied = edits.applied(imageId);
    const revision = work.revision + 1;
    const entry = await this.#fold(imageId, work.base, revision, step === 'undo' ? applied.slice(0, -1) : [...applied, moved]);
    const conflictPixels = conflicts(entry.baseMap, entry.overlay).pixels;
    edits.write(() => {
      edits.setState(imageId, moved.sequence, step === 'undo' ? 'undone' : 'applied');
      edits.setWork(imageId, { ...work, revision, conflictPixels });
      faultPoint('edits.before-commit');
    });
    this.#cache.set(imageId, entry);
    faultPoint('edits.after-commit');
    return this.state(imageId);
  }

  #checkedWork(imageId: string, base: string, expectedRevision: number | null): ImageWork {
    const work = this.#project.edits.work(imageId);
    if (expectedRevision !== null && work.revision !== expectedRevision) throw staleRevision(imageId, expectedRevision, work.revision);
    if (work.base !== null && work.base !== base && this.#project.edits.newestApplied(imageId) !== null) throw staleBase(imageId, base, work.base);
    return work;
  }

  async #workedOut(imageId: string, base: string, work: ImageWork): Promise<WorkedOut> {
    const known = this.#cache.get(imageId, base, work.revision);
    if (known !== null) return known;
    const entry = await this.#fold(imageId, base, work.revision, this.#project.edits.applied(imageId));
    this.#cache.set(imageId, entry);
    return entry;
  }

  /** Works out the corrections from scratch: the gestures, oldest first, over the base. */
  async #fold(imageId: string, base: string, revision: number, gestures: readonly StoredGesture[]): Promise<WorkedOut> {
    const size = this.#project.images.get(imageId);
    const baseMap = await this.#readBase(base, imageId);
    if (baseMap.width !== size.width || baseMap.height !== size.height) throw baseSizeMismatch(imageId, base, baseMap, size);
    const overlay: EditOverlay = emptyOverlay(size);
    const bases = new Map<string, LabelMap | undefined>([[base, baseMap]]);
    for (const gesture of gestures) {
      if (!bases.has(gesture.base)) bases.set(gesture.base, await this.#earlierBase(gesture.base, imageId));
      addGesture(overlay, decodeGesture(gesture.diff, size), bases.get(gesture.base));
    }
    return { base, revision, baseMap, overlay, corrected: applyOverlay(baseMap, overlay) };
  }

  /** A base that is gone costs only the memory of conflicts settled on it. */
  async #earlierBase(base: string, imageId: string): Promise<LabelMap | undefined> {
    try {
      return await this.#readBase(base, imageId);
    } catch (thrown) {
      const { code } = toErrorValue(thrown);
      if (code === 'ARTIFACT_NOT_FOUND' || code === 'ARTIFACT_DAMAGED') return undefined;
      throw thrown;
    }
  }

  #classCount(): number {
    return this.#project.classes.all().length;
  }
}

/** A painted value that is no class, or null. */
function foreignLabel(diffs: readonly TileDiff[], classes: number): number | null {
  for (const { before, after } of diffs) {
    for (let index = 0; index < after.length; index++) {
      const value = after[index] ?? 0;
      if (value > classes && value !== IGNORE && value !== before[index]) return value;
    }
  }
  return null;
}
