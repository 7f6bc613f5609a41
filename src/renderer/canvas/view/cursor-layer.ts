import { Shape } from 'konva/lib/Shape.js';
import { unite, type ImagePoint, type PixelRect, type ScreenPoint } from '../geometry.ts';
import type { ToolPreview } from '../tools/tool.ts';
import type { LayerChange } from './stage-view.ts';
import type { Viewport } from './viewport.ts';

const CROSS_PX = 8;
const CORNER_PX = 3;
/** How far lines, crosses and corners reach around their places, CSS px. */
const REACH_PX = CROSS_PX + 3;

/** What the tool in hand shows over the mask, as one Konva node. Every line is drawn dark, then light, to be seen on any photo. */
export class CursorLayer {
  readonly node: Shape;
  readonly #viewport: Viewport;
  #previews: readonly ToolPreview[] = [];
  /** Where something was drawn last, device px. */
  #drawn: PixelRect | null = null;

  constructor(viewport: Viewport) {
    this.#viewport = viewport;
    this.node = new Shape({ listening: false, sceneFunc: (context) => this.#draw(context._context) });
  }

  /** Shows `previews` and no others. Gives the device px that change by it. */
  set(previews: readonly ToolPreview[], change: LayerChange): PixelRect | 'all' | null {
    const before = this.#drawn;
    this.#previews = previews;
    this.#drawn = null;
    for (const preview of previews) this.#drawn = unite(this.#drawn, this.#bounds(preview));
    if (change === 'all') return 'all';
    return before === null || this.#drawn === null ? (before ?? this.#drawn) : unite(before, this.#drawn);
  }

  #bounds(preview: ToolPreview): PixelRect {
    const { scale } = this.#viewport.state;
    const around = (points: readonly ScreenPoint[], reach: number): PixelRect => {
      const pixelRatio = this.node.getLayer()?.getCanvas().getPixelRatio() ?? 1;
      const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
      return {
        x0: Math.floor((Math.min(...xs) - reach) * pixelRatio),
        y0: Math.floor((Math.min(...ys) - reach) * pixelRatio),
        x1: Math.ceil((Math.max(...xs) + reach) * pixelRatio),
        y1: Math.ceil((Math.max(...ys) + reach) * pixelRatio),
      };
    };
    const places = preview.kind === 'line' ? [preview.from, preview.to] : preview.kind === 'outline' ? preview.corners : [preview.centre];
    const radius = preview.kind === 'ring' ? preview.radius * scale : 0;
    return around(places.map((place) => this.#viewport.toScreen(place)), radius + REACH_PX);
  }

  #draw(context: CanvasRenderingContext2D): void {
    for (const preview of this.#previews) {
      const path = this.#path(preview);
      context.lineWidth = 3;
      context.strokeStyle = 'rgb(0 0 0 / 60%)';
      context.stroke(path);
      context.lineWidth = 1.25;
      context.strokeStyle = 'rgb(255 255 255 / 95%)';
      context.stroke(path);
    }
  }

  #path(preview: ToolPreview): Path2D {
    const path = new Path2D();
    const { scale } = this.#viewport.state;
    const at = (point: ImagePoint) => this.#viewport.toScreen(point);
    if (preview.kind === 'ring') {
      const { x, y } = at(preview.centre);
      path.arc(x, y, Math.max(0.5, preview.radius * scale), 0, 2 * Math.PI);
    } else if (preview.kind === 'cross') {
      const { x, y } = at(preview.centre);
      path.moveTo(x - CROSS_PX, y);
      path.lineTo(x + CROSS_PX, y);
      path.moveTo(x, y - CROSS_PX);
      path.lineTo(x, y + CROSS_PX);
    } else if (preview.kind === 'line') {
      const from = at(preview.from);
      const to = at(preview.to);
      path.moveTo(from.x, from.y);
      path.lineTo(to.x, to.y);
    } else {
      preview.corners.forEach((corner, index) => {
        const { x, y } = at(corner);
        if (index === 0) path.moveTo(x, y);
        else path.lineTo(x, y);
      });
      path.closePath();
      for (const corner of preview.corners) {
        const { x, y } = at(corner);
        const size = preview.closing ? CORNER_PX + 1 : CORNER_PX;
        path.rect(x - size, y - size, 2 * size, 2 * size);
      }
    }
    return path;
  }
}
