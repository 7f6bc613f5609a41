import { Shape } from 'konva/lib/Shape.js';
import type { Context } from 'konva/lib/Context.js';
import type { MapSize } from '#shared/mask/tile-diff.ts';
import type { PhotoSource } from './photo-source.ts';
import { PhotoTiles } from './photo-tiles.ts';
import type { Viewport } from './viewport.ts';

/** From this zoom on, photo px are shown as squares. */
const SQUARES_FROM_SCALE = 2;

/** The photo as one Konva node: whole, or the tiles in sight. */
export class PhotoLayer {
  readonly node: Shape;
  readonly #viewport: Viewport;
  readonly #changed: () => void;
  #photo: PhotoSource | null = null;
  #tiles: PhotoTiles | null = null;

  constructor(viewport: Viewport, changed: () => void) {
    this.#viewport = viewport;
    this.#changed = changed;
    this.node = new Shape({ listening: false, sceneFunc: (context) => this.#draw(context) });
  }

  get size(): MapSize | null {
    return this.#photo;
  }

  set(photo: PhotoSource | null): void {
    this.#photo = photo;
    this.#tiles = photo?.kind === 'tiles' ? new PhotoTiles(photo, this.#changed) : null;
    this.#changed();
  }

  #draw(konva: Context): void {
    const photo = this.#photo;
    if (photo === null || photo.kind === 'blank') return;
    const context = konva._context;
    const { scale, x, y } = this.#viewport.state;
    context.imageSmoothingEnabled = scale < SQUARES_FROM_SCALE;
    context.imageSmoothingQuality = 'medium';
    const pixelRatio = this.node.getLayer()?.getCanvas().getPixelRatio() ?? 1;
    if (photo.kind === 'whole') {
      const halvings = Math.min(photo.reduced.length, Math.max(0, Math.floor(Math.log2(1 / (scale * pixelRatio)))));
      context.drawImage(photo.reduced[halvings - 1] ?? photo.picture, x, y, photo.width * scale, photo.height * scale);
      return;
    }
    const { width, height } = this.#viewport.element;
    const from = this.#viewport.toImage({ x: 0, y: 0 });
    const to = this.#viewport.toImage({ x: width, y: height });
    const part = { x0: Math.floor(from.x), y0: Math.floor(from.y), x1: Math.ceil(to.x), y1: Math.ceil(to.y) };
    for (const { picture, rect } of this.#tiles?.visible(part, scale * pixelRatio) ?? []) {
      context.drawImage(picture, rect.x0 * scale + x, rect.y0 * scale + y, (rect.x1 - rect.x0) * scale, (rect.y1 - rect.y0) * scale);
    }
  }
}
