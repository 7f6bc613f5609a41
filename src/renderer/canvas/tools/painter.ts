import type { TileDiff } from '#shared/mask/tile-diff.ts';
import type { ImagePoint } from '../geometry.ts';
import type { MaskDocument, Painting } from '../mask/mask-document.ts';
import { paintRule, type PaintMode } from '../mask/paint-rule.ts';
import { floodSpans } from '../raster/flood-fill.ts';
import type { ToolCanvas } from './tool.ts';

export const MIN_BRUSH_PX = 1;
export const MAX_BRUSH_PX = 2000;
/** A fill beyond this would block the window for seconds; more than any photo shown whole has. */
const MAX_FILL_PIXELS = 64_000_000;

/** What the user has in hand: the same for every tool. */
export interface PaintOptions {
  /** 0 background, 1..254 a class, 255 undecided. */
  readonly label: number;
  readonly brushDiameterPx: number;
  readonly mode: PaintMode;
  /** Labels whose pixels never change. */
  readonly locked: ReadonlySet<number>;
}

/** Why a gesture changed nothing. */
export type Refusal = 'nothing-to-change' | 'locked' | 'fill-too-large' | 'read-only';

export interface PainterEvents {
  gesture(diffs: TileDiff[]): void;
  picked(label: number): void;
  refused(why: Refusal): void;
}

/** Joins tools to a document: every gesture obeys the paint options, and ends as diffs or as a reason. */
export class Painter implements ToolCanvas {
  readonly #document: MaskDocument;
  readonly #options: () => PaintOptions;
  readonly #events: PainterEvents;

  constructor(document: MaskDocument, options: () => PaintOptions, events: PainterEvents) {
    this.#document = document;
    this.#options = options;
    this.#events = events;
  }

  get size(): { width: number; height: number } {
    return this.#document.map;
  }

  get brushDiameterPx(): number {
    return this.#options().brushDiameterPx;
  }

  labelAt(point: ImagePoint): number | null {
    return this.#document.labelAt(point.x, point.y);
  }

  begin(label = this.#options().label): Painting {
    const { mode, locked } = this.#options();
    return this.#document.begin(paintRule(label, mode, locked));
  }

  commit(painting: Painting): void {
    const diffs = painting.finish();
    if (diffs.length > 0) this.#events.gesture(diffs);
    else this.#events.refused('nothing-to-change');
  }

  floodFrom(point: ImagePoint): void {
    const { label, mode, locked } = this.#options();
    const under = this.labelAt(point);
    if (under === null || under === label) { this.#events.refused('nothing-to-change'); return; }
    if (paintRule(label, mode, locked).overwritable[under] === 0) { this.#events.refused(locked.has(under) ? 'locked' : 'nothing-to-change'); return; }
    const painting = this.begin();
    const complete = floodSpans(this.#document.map, Math.floor(point.x), Math.floor(point.y), MAX_FILL_PIXELS, painting.span);
    if (complete) { this.commit(painting); return; }
    painting.cancel();
    this.#events.refused('fill-too-large');
  }

  pick(label: number): void {
    this.#events.picked(label);
  }
}
