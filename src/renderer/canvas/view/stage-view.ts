import { Stage } from 'konva/lib/Stage.js';
import { Layer } from 'konva/lib/Layer.js';
import type { Node } from 'konva/lib/Node.js';
import type { PixelRect } from '../geometry.ts';
import type { Viewport } from './viewport.ts';

/** Konva layers of a stage, bottom first. Each is a canvas of its own, so that drawing one leaves the others alone. */
export interface StageLayer {
  readonly nodes: readonly Node[];
  /** False where every device px is worked out by ourselves. */
  readonly smooth: boolean;
  /** Called before the layer is drawn: bring its picture up to date. Gives the device px that changed, null for none. */
  readonly refresh?: (change: LayerChange) => PixelRect | 'all' | null;
}

/** Why a layer is drawn: the element's size, zoom, pan or content changed (`all`), or just a part of its content. */
export type LayerChange = 'all' | 'part';

/**
 * A Konva stage that fills an element, follows its size, and draws each layer at most once an animation frame. Konva's own events and
 * hit testing stay off: the pointer is read from the element itself.
 */
export class StageView {
  readonly viewport: Viewport;
  readonly #container: HTMLElement;
  readonly #stage: Stage;
  readonly #parts: readonly { readonly layer: Layer; readonly source: StageLayer }[];
  readonly #wanted = new Map<number, LayerChange>();
  readonly #observer: ResizeObserver;
  readonly #onResize: (width: number, height: number, pixelRatio: number) => void;
  #frame: number | null = null;
  #pixelRatio = 0;

  constructor(
    container: HTMLElement,
    viewport: Viewport,
    layers: readonly StageLayer[],
    onResize: (width: number, height: number, pixelRatio: number) => void,
  ) {
    this.viewport = viewport;
    this.#container = container;
    this.#onResize = onResize;
    // Konva replaces what the stage's element holds, so it gets one of its own.
    const element = container.ownerDocument.createElement('div');
    container.append(element);
    this.#stage = new Stage({ container: element, width: 1, height: 1, listening: false });
    this.#parts = layers.map((source) => {
      const layer = new Layer({ listening: false, imageSmoothingEnabled: source.smooth });
      for (const node of source.nodes) layer.add(node as Parameters<Layer['add']>[0]);
      this.#stage.add(layer);
      return { layer, source };
    });
    this.viewport.onChange(() => this.requestAll());
    this.#observer = new ResizeObserver(() => this.#fitElement());
    this.#observer.observe(container);
    this.#fitElement();
  }

  get pixelRatio(): number {
    return this.#pixelRatio;
  }

  /** Has layer `index` drawn in the next frame. */
  request(index: number, change: LayerChange): void {
    if (this.#wanted.get(index) !== 'all') this.#wanted.set(index, change);
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  requestAll(): void {
    this.#parts.forEach((_, index) => this.request(index, 'all'));
  }

  destroy(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#stage.destroy();
    this.#stage.container().remove();
  }

  #draw(): void {
    this.#frame = null;
    if (window.devicePixelRatio !== this.#pixelRatio) this.#fitElement();
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    for (const [index, change] of wanted) {
      const part = this.#parts[index];
      if (part === undefined) continue;
      const changed = part.source.refresh?.(change) ?? (part.source.refresh === undefined ? 'all' : null);
      if (changed === 'all') part.layer.drawScene();
      else if (changed !== null) this.#drawPart(part.layer, changed);
    }
  }

  /** Draws some device px of a layer. Without a graphics card every px drawn is copied and blended again on its way to the screen. */
  #drawPart(layer: Layer, { x0, y0, x1, y1 }: PixelRect): void {
    const context = layer.getContext()._context;
    context.save();
    const scaled = context.getTransform();
    // Whole device px: an edge between them would be smoothed.
    context.resetTransform();
    context.beginPath();
    context.rect(x0, y0, x1 - x0, y1 - y0);
    context.clip();
    context.setTransform(scaled);
    layer.drawScene();
    context.restore();
  }

  #fitElement(): void {
    const width = Math.max(1, Math.floor(this.#container.clientWidth));
    const height = Math.max(1, Math.floor(this.#container.clientHeight));
    this.#pixelRatio = window.devicePixelRatio;
    for (const { layer } of this.#parts) layer.getCanvas().setPixelRatio(this.#pixelRatio);
    this.#stage.size({ width, height });
    this.#onResize(width, height, this.#pixelRatio);
    this.viewport.resize({ width, height });
    this.requestAll();
  }
}
