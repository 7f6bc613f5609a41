/** A position in the photo, px: pixel (0, 0) covers 0..1, its centre is (0.5, 0.5). */
export interface ImagePoint {
  readonly x: number;
  readonly y: number;
}

/** A position in the canvas element, CSS px from its top left corner. */
export interface ScreenPoint {
  readonly x: number;
  readonly y: number;
}

/** Whole px, half open: x0 ≤ x < x1. */
export interface PixelRect {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export function unite(a: PixelRect | null, b: PixelRect): PixelRect {
  if (a === null) return b;
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) };
}

/** The part of `rect` inside `width` × `height` px from the origin, or null. */
export function clipTo(rect: PixelRect, width: number, height: number): PixelRect | null {
  const clipped = { x0: Math.max(0, rect.x0), y0: Math.max(0, rect.y0), x1: Math.min(width, rect.x1), y1: Math.min(height, rect.y1) };
  return clipped.x0 < clipped.x1 && clipped.y0 < clipped.y1 ? clipped : null;
}
