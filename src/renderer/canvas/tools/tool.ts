import type { MapSize } from '#shared/mask/tile-diff.ts';
import type { ImagePoint, ScreenPoint } from '../geometry.ts';
import type { Painting } from '../mask/mask-document.ts';

/** What the pointer does, in both frames. */
export interface PointerInput {
  readonly image: ImagePoint;
  readonly screen: ScreenPoint;
  readonly shift: boolean;
  /** Milliseconds on any clock that only grows. */
  readonly timeMs: number;
}

/** Keys that tools know. Everything else is a command of the page. */
export type ToolKey = 'enter' | 'backspace' | 'escape';

/** What is drawn over the mask while a tool is in hand, px in the photo. */
export type ToolPreview =
  | { readonly kind: 'ring'; readonly centre: ImagePoint; readonly radius: number }
  | { readonly kind: 'line'; readonly from: ImagePoint; readonly to: ImagePoint; readonly radius: number }
  | { readonly kind: 'outline'; readonly corners: readonly ImagePoint[]; readonly closing: boolean }
  | { readonly kind: 'cross'; readonly centre: ImagePoint };

/** What a tool may do to the mask. It never sees the page. */
export interface ToolCanvas {
  readonly size: MapSize;
  readonly brushDiameterPx: number;
  labelAt(point: ImagePoint): number | null;
  /** Begins a gesture with the label in hand, or with `label`. */
  begin(label?: number): Painting;
  /** Ends a gesture: it becomes one undo step, unless it changed nothing. */
  commit(painting: Painting): void;
  /** Everything joined to a point and of one label becomes the label in hand, as one undo step. */
  floodFrom(point: ImagePoint): void;
  /** Takes a label in hand. */
  pick(label: number): void;
}

/**
 * A tool is a state machine: the pointer and a few keys go in, gestures come out. One file a tool; a new one is added to
 * `tools/index.ts` and nowhere else.
 */
export interface Tool {
  /** Written into the log of gestures. */
  readonly id: string;
  /** How the keyboard presses it: a drag tool stays down until pressed again, a click tool acts at once. */
  readonly press: 'drag' | 'click';
  /** A gesture or an outline is under way: it would be lost by taking another tool. */
  readonly isBusy: boolean;
  pointerDown(input: PointerInput, canvas: ToolCanvas): void;
  pointerMove(input: PointerInput, canvas: ToolCanvas): void;
  pointerUp(input: PointerInput, canvas: ToolCanvas): void;
  /** Gives up what is under way; no pixel stays changed. */
  cancel(): void;
  /** True when the key meant something to the tool. */
  key(key: ToolKey, canvas: ToolCanvas): boolean;
  /** What to draw with the pointer at `pointer`, or null while it is elsewhere. */
  preview(pointer: PointerInput | null, canvas: ToolCanvas): readonly ToolPreview[];
}
