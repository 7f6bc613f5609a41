import { Shape } from 'konva/lib/Shape.js';
import type { ImagePoint } from '../geometry.ts';
import type { ToolPreview } from '../tools/tool.ts';
import type { Viewport } from './viewport.ts';

const CROSS_PX = 8;
const CORNER_PX = 3;

/** What the tool in hand shows over the mask, as one Konva node. Every line is drawn dark, then light, to be seen on any photo. */
export class CursorLayer {
  readonly node: Shape;
  readonly #viewport: Viewport;
  #previews: readonly ToolPreview[] = [];

  constructor(viewport: Viewport) {
    this.#viewport = viewport;
    this.node = new Shape({ listening: false, sceneFunc: (context) => this.#draw(context._context) });
  }

  set(previews: readonly ToolPreview[]): void {
    this.#previews = previews;
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
