import type { PixelRect } from '../geometry.ts';
import type { ViewState } from '../view/viewport.ts';

/**
 * The column (or row) of a plane of `size` cells that each device px from `from` up to `to` shows, -1 outside: the nearest cell, never
 * a mixture. `scale` is device px a cell, `start` the device px where cell 0 begins.
 */
export function nearestCells(from: number, to: number, start: number, scale: number, size: number): Int32Array {
  const cells = new Int32Array(to - from);
  for (let at = from; at < to; at++) {
    const cell = Math.floor((at + 0.5 - start) / scale);
    cells[at - from] = cell >= 0 && cell < size ? cell : -1;
  }
  return cells;
}

/** A view in device px. */
export function toDevice({ scale, x, y }: ViewState, pixelRatio: number): ViewState {
  return { scale: scale * pixelRatio, x: x * pixelRatio, y: y * pixelRatio };
}

/** The device px that show a rectangle of the photo, with `margin` px around. Not clipped. */
export function deviceRect(rect: PixelRect, view: ViewState, margin: number): PixelRect {
  return {
    x0: Math.floor(rect.x0 * view.scale + view.x) - margin,
    y0: Math.floor(rect.y0 * view.scale + view.y) - margin,
    x1: Math.ceil(rect.x1 * view.scale + view.x) + margin,
    y1: Math.ceil(rect.y1 * view.scale + view.y) + margin,
  };
}
