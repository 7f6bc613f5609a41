import type { MapSize } from '#shared/mask/tile-diff.ts';
import type { ImagePoint, ScreenPoint } from '../geometry.ts';

/** How the photo lies in the element: `scale` CSS px a photo px, the photo's top left corner at (`x`, `y`) CSS px. */
export interface ViewState {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

const MAX_SCALE = 64;
/** The photo may be zoomed out to this share of what fits. */
const MIN_OF_FIT = 0.5;
/** At least this much of the photo stays in sight, CSS px. */
const KEEP_IN_SIGHT_PX = 48;
/** Free space around a fitted photo, CSS px. */
const FIT_MARGIN_PX = 12;

/** Zoom and pan of one view. Every change is told to the listeners, which is how views are linked. */
export class Viewport {
  #photo: MapSize = { width: 1, height: 1 };
  #element: MapSize = { width: 1, height: 1 };
  #state: ViewState = { scale: 1, x: 0, y: 0 };
  /** Fitted until the user zooms or pans: then the photo follows the element's size. */
  #isFitted = true;
  readonly #listeners = new Set<(state: ViewState) => void>();

  get state(): ViewState {
    return this.#state;
  }

  /** Size of the element, CSS px. */
  get element(): MapSize {
    return this.#element;
  }

  onChange(listener: (state: ViewState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Another photo: fitted. */
  setPhoto(photo: MapSize): void {
    this.#photo = { width: photo.width, height: photo.height };
    this.fit();
  }

  resize(element: MapSize): void {
    const before = this.#element;
    this.#element = { width: Math.max(1, element.width), height: Math.max(1, element.height) };
    if (this.#isFitted) this.fit();
    else this.#set({ ...this.#state, x: this.#state.x + (this.#element.width - before.width) / 2, y: this.#state.y + (this.#element.height - before.height) / 2 });
  }

  toImage(point: ScreenPoint): ImagePoint {
    return { x: (point.x - this.#state.x) / this.#state.scale, y: (point.y - this.#state.y) / this.#state.scale };
  }

  toScreen(point: ImagePoint): ScreenPoint {
    return { x: point.x * this.#state.scale + this.#state.x, y: point.y * this.#state.scale + this.#state.y };
  }

  /** Zooms by a factor; what lies under `at` stays there. */
  zoomAt(at: ScreenPoint, factor: number): void {
    const scale = Math.min(MAX_SCALE, Math.max(Math.min(this.#fitScale() * MIN_OF_FIT, 1), this.#state.scale * factor));
    const under = this.toImage(at);
    this.#isFitted = false;
    this.#set({ scale, x: at.x - under.x * scale, y: at.y - under.y * scale });
  }

  zoomAtCentre(factor: number): void {
    this.zoomAt({ x: this.#element.width / 2, y: this.#element.height / 2 }, factor);
  }

  /** One photo px a CSS px, around the centre. */
  actualSize(): void {
    this.zoomAtCentre(1 / this.#state.scale);
  }

  panBy(dx: number, dy: number): void {
    this.#isFitted = false;
    this.#set({ ...this.#state, x: this.#state.x + dx, y: this.#state.y + dy });
  }

  fit(): void {
    const scale = this.#fitScale();
    this.#isFitted = true;
    this.#set({ scale, x: (this.#element.width - this.#photo.width * scale) / 2, y: (this.#element.height - this.#photo.height * scale) / 2 });
  }

  /** Moves the view so that a place in the photo is in its middle. */
  centreOn(point: ImagePoint): void {
    const at = this.toScreen(point);
    this.panBy(this.#element.width / 2 - at.x, this.#element.height / 2 - at.y);
  }

  /** Pans as little as needed to have a place in sight. */
  reveal(point: ImagePoint, marginPx = 32): void {
    const at = this.toScreen(point);
    const dx = at.x < marginPx ? marginPx - at.x : Math.min(0, this.#element.width - marginPx - at.x);
    const dy = at.y < marginPx ? marginPx - at.y : Math.min(0, this.#element.height - marginPx - at.y);
    if (dx !== 0 || dy !== 0) this.panBy(dx, dy);
  }

  /** Takes over another view's zoom, and its place relative to the element's middle. */
  follow(other: Viewport): void {
    const { scale, x, y } = other.#state;
    this.#isFitted = other.#isFitted;
    this.#set({ scale, x: x + (this.#element.width - other.#element.width) / 2, y: y + (this.#element.height - other.#element.height) / 2 });
  }

  #fitScale(): number {
    const { width, height } = this.#photo;
    const scale = Math.min((this.#element.width - 2 * FIT_MARGIN_PX) / width, (this.#element.height - 2 * FIT_MARGIN_PX) / height);
    return Math.min(MAX_SCALE, Math.max(scale, 1e-4));
  }

  #set({ scale, x, y }: ViewState): void {
    const next = {
      scale,
      x: keepInSight(x, this.#photo.width * scale, this.#element.width),
      y: keepInSight(y, this.#photo.height * scale, this.#element.height),
    };
    if (next.scale === this.#state.scale && next.x === this.#state.x && next.y === this.#state.y) return;
    this.#state = next;
    for (const listener of this.#listeners) listener(next);
  }
}

/** Links two views of one photo: zoom and pan of either move both. Returns the way to part them. */
export function linkViewports(a: Viewport, b: Viewport): () => void {
  let isFollowing = false;
  const follow = (follower: Viewport, leader: Viewport) => () => {
    if (isFollowing) return;
    isFollowing = true;
    follower.follow(leader);
    isFollowing = false;
  };
  const partA = a.onChange(follow(b, a));
  const partB = b.onChange(follow(a, b));
  b.follow(a);
  return () => {
    partA();
    partB();
  };
}

function keepInSight(start: number, length: number, element: number): number {
  const keep = Math.min(KEEP_IN_SIGHT_PX, length, element);
  return Math.min(element - keep, Math.max(keep - length, start));
}
