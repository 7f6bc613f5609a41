import { Image as KonvaImage } from 'konva/lib/shapes/Image.js';
import { clipTo, type PixelRect } from '../geometry.ts';

/** Draws the device px of `rect` into `out`, row-major from the rectangle's corner. */
export type DrawPixels = (rect: PixelRect, out: Uint32Array) => void;

/**
 * One Konva image as large as the element, in device px, whose pixels are worked out here. What is drawn costs what is seen, however
 * large the photo, and only the rectangles that changed are worked out again.
 */
export class ViewportImage {
  readonly node: KonvaImage;
  readonly #canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;

  constructor() {
    const context = this.#canvas.getContext('2d');
    if (context === null) throw new Error('the browser gives no 2D drawing context');
    this.#context = context;
    this.node = new KonvaImage({ image: this.#canvas, listening: false });
  }

  /** Size of the element, CSS px; empties the image. */
  resize(width: number, height: number, pixelRatio: number): void {
    this.#canvas.width = Math.max(1, Math.floor(width * pixelRatio));
    this.#canvas.height = Math.max(1, Math.floor(height * pixelRatio));
    this.node.size({ width: this.#canvas.width / pixelRatio, height: this.#canvas.height / pixelRatio });
  }

  /** Works out a rectangle of device px anew, or all. Gives the part of it that is in sight, null for none. */
  update(draw: DrawPixels, rect: PixelRect = { x0: 0, y0: 0, x1: this.#canvas.width, y1: this.#canvas.height }): PixelRect | null {
    const clipped = clipTo(rect, this.#canvas.width, this.#canvas.height);
    if (clipped === null) return null;
    const pixels = this.#context.createImageData(clipped.x1 - clipped.x0, clipped.y1 - clipped.y0);
    draw(clipped, new Uint32Array(pixels.data.buffer));
    this.#context.putImageData(pixels, clipped.x0, clipped.y0);
    return clipped;
  }
}
