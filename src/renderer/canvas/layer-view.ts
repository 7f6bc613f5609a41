import { Group } from 'konva/lib/Group.js';
import type { LabelMap } from '#shared/mask/label-map.ts';
import type { ImagePoint } from './geometry.ts';
import { drawHeat, heatTable, type HeatLook, type ScorePlane } from './render/heat-pixels.ts';
import { drawLabels, labelColours, type LabelLook } from './render/label-pixels.ts';
import { toDevice } from './render/sampling.ts';
import { PanZoom, screenPoint } from './view/pan-zoom.ts';
import { PhotoLayer } from './view/photo-layer.ts';
import type { PhotoSource } from './view/photo-source.ts';
import { StageView } from './view/stage-view.ts';
import { ViewportImage, type DrawPixels } from './view/viewport-image.ts';
import { Viewport } from './view/viewport.ts';

/** On which side of the swipe a layer is seen. */
export type SwipeSide = 'both' | 'left' | 'right';

interface Common {
  /** Tells layers apart between two `setLayers`. */
  readonly id: string;
  /** Of the layer as a whole, 0..1. */
  readonly opacity: number;
  readonly side: SwipeSide;
}

/** What lies over the photo, bottom first. Score planes may be coarser than the photo; label maps have its size. */
export type ViewLayer =
  | (Common & { readonly kind: 'heat'; readonly plane: ScorePlane; readonly look: HeatLook })
  | (Common & { readonly kind: 'labels'; readonly map: LabelMap; readonly look: LabelLook });

export interface LayerViewEvents {
  /** Where the pointer is, px in the photo; null while it is elsewhere. */
  pointed(point: ImagePoint | null): void;
}

interface Shown {
  readonly layer: ViewLayer;
  readonly image: ViewportImage;
  readonly group: Group;
  readonly draw: DrawPixels;
}

const PHOTO = 0;
const OVERLAYS = 1;
const OUTLINE_CSS_PX = 1.5;

/** A photo with layers over it, to look at: zoom, pan, opacity, two sides parted by a swipe. Link two by `linkViewports`. */
export class LayerView {
  readonly #view: StageView;
  readonly #input: PanZoom;
  readonly #photo: PhotoLayer;
  readonly #overlays = new Group({ listening: false });
  readonly #abort = new AbortController();
  #shown: readonly Shown[] = [];
  /** Share of the element's width left of the swipe. */
  #swipe = 0.5;

  constructor(container: HTMLElement, events: LayerViewEvents) {
    const viewport = new Viewport();
    this.#photo = new PhotoLayer(viewport, () => this.#view.request(PHOTO, 'all'));
    this.#view = new StageView(
      container,
      viewport,
      [
        { nodes: [this.#photo.node], smooth: true },
        { nodes: [this.#overlays], smooth: false, refresh: () => this.#refresh() },
      ],
      (width, height, pixelRatio) => {
        for (const { image } of this.#shown) image.resize(width, height, pixelRatio);
      },
    );
    this.#input = new PanZoom(container, viewport, null);
    const { signal } = this.#abort;
    container.addEventListener('pointermove', (event) => events.pointed(this.#inPhoto(viewport.toImage(screenPoint(container, event)))), { signal });
    container.addEventListener('pointerleave', () => events.pointed(null), { signal });
    container.addEventListener('keydown', (event) => this.#input.arrow(event.key) && event.preventDefault(), { signal });
  }

  /** Zoom and pan, to be read, moved or linked with another view's. */
  get viewport(): Viewport {
    return this.#view.viewport;
  }

  /** Shows a photo; null for none. The view refits. */
  setPhoto(photo: PhotoSource | null): void {
    this.#photo.set(photo);
    if (photo !== null) this.#view.viewport.setPhoto(photo);
    this.#view.requestAll();
  }

  /** Of the photo alone, 0..1. */
  setPhotoOpacity(opacity: number): void {
    this.#photo.node.opacity(opacity);
    this.#view.request(PHOTO, 'all');
  }

  /** The layers from now on, bottom first. */
  setLayers(layers: readonly ViewLayer[]): void {
    const before = new Map(this.#shown.map((shown) => [shown.layer.id, shown]));
    this.#overlays.removeChildren();
    this.#shown = layers.map((layer) => {
      const image = before.get(layer.id)?.image ?? this.#newImage();
      const group = new Group({ listening: false, opacity: layer.opacity });
      group.add(image.node);
      this.#overlays.add(group);
      return { layer, image, group, draw: this.#drawing(layer) };
    });
    this.#view.request(OVERLAYS, 'all');
  }

  /** Where the two sides part, 0 (left edge) to 1. */
  setSwipe(share: number): void {
    this.#swipe = Math.min(1, Math.max(0, share));
    this.#view.request(OVERLAYS, 'all');
  }

  destroy(): void {
    this.#abort.abort();
    this.#input.destroy();
    this.#view.destroy();
  }

  #drawing(layer: ViewLayer): DrawPixels {
    const view = () => toDevice(this.#view.viewport.state, this.#view.pixelRatio);
    if (layer.kind === 'labels') {
      const colours = labelColours(layer.look);
      return (rect, out) => drawLabels(layer.map, null, colours, view(), rect, Math.max(1, Math.round(OUTLINE_CSS_PX * this.#view.pixelRatio)), out);
    }
    const table = heatTable(layer.look);
    return (rect, out) => drawHeat(layer.plane, this.#photo.size ?? layer.plane, table, view(), rect, out);
  }

  #refresh(): 'all' {
    const { width, height } = this.#view.viewport.element;
    const split = Math.round(width * this.#swipe);
    for (const { layer, image, group, draw } of this.#shown) {
      image.update(draw);
      const x = layer.side === 'right' ? split : 0;
      group.clip({ x, y: 0, width: layer.side === 'left' ? split : width - x, height });
    }
    return 'all';
  }

  #newImage(): ViewportImage {
    const image = new ViewportImage();
    const { width, height } = this.#view.viewport.element;
    image.resize(width, height, this.#view.pixelRatio);
    return image;
  }

  #inPhoto(point: ImagePoint): ImagePoint | null {
    const size = this.#photo.size;
    const isInside = size !== null && point.x >= 0 && point.y >= 0 && point.x < size.width && point.y < size.height;
    return isInside ? point : null;
  }
}
