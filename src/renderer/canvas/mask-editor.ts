import type { LabelMap } from '#shared/mask/label-map.ts';
import type { TileDiff } from '#shared/mask/tile-diff.ts';
import { PenumbraError } from '#shared/errors.ts';
import { strings } from '../strings/index.ts';
import type { ImagePoint, PixelRect } from './geometry.ts';
import type { CountedMap } from './mask/counted-map.ts';
import { MaskDocument } from './mask/mask-document.ts';
import { drawLabels, labelColours, type LabelColours, type LabelLook } from './render/label-pixels.ts';
import { deviceRect, toDevice } from './render/sampling.ts';
import { makeTools, TOOL_IDS, type ToolId } from './tools/index.ts';
import { KeyboardPointer } from './tools/keyboard-pointer.ts';
import { MAX_BRUSH_PX, MIN_BRUSH_PX, Painter, type PaintOptions, type Refusal } from './tools/painter.ts';
import type { PointerInput, Tool, ToolKey } from './tools/tool.ts';
import { CursorLayer } from './view/cursor-layer.ts';
import { PanZoom, screenPoint } from './view/pan-zoom.ts';
import { PhotoLayer } from './view/photo-layer.ts';
import type { PhotoSource } from './view/photo-source.ts';
import { StageView, type LayerChange } from './view/stage-view.ts';
import { ViewportImage } from './view/viewport-image.ts';
import { Viewport } from './view/viewport.ts';

/** What happens in the editor, for the page. */
export interface MaskEditorEvents {
  /** One finished gesture; the mask shows it already. */
  gesture(gesture: { tool: ToolId; diffs: TileDiff[] }): void;
  /** A label was picked from the mask. */
  picked(label: number): void;
  /** A gesture changed nothing, and why. */
  refused(why: Refusal): void;
  /** Going on was refused: this tool has an outline open. */
  outlineOpen(tool: ToolId): void;
  brushResized(diameterPx: number): void;
  /** Where the pointer is and which label lies there; null while it is elsewhere. */
  pointed(at: { point: ImagePoint; label: number } | null): void;
  /** The pointer that keys move came out or went away. */
  keyboardPointer(isOut: boolean): void;
}

const PHOTO = 0;
const MASK = 1;
const CURSOR = 2;
const TOOL_KEYS: Readonly<Record<string, ToolKey>> = { Enter: 'enter', Backspace: 'backspace', Escape: 'escape' };
/** A step of the brush size: a seventh, and at least one px. */
const BRUSH_STEP = 1.15;
const OUTLINE_CSS_PX = 1.5;

/**
 * Shows a photo with its label map and lets tools change it. Pixels live here and nowhere else; the page hears of gestures, which it
 * saves, and may play them back.
 */
export class MaskEditor {
  readonly #container: HTMLElement;
  readonly #events: MaskEditorEvents;
  readonly #view: StageView;
  readonly #input: PanZoom;
  readonly #photo: PhotoLayer;
  readonly #overlay = new ViewportImage();
  readonly #cursor: CursorLayer;
  readonly #tools = makeTools();
  readonly #keyboard = new KeyboardPointer();
  readonly #abort = new AbortController();
  #document: MaskDocument | null = null;
  #painter: Painter | null = null;
  #toolId: ToolId = 'brush';
  #options: PaintOptions;
  #colours: LabelColours;
  #marks: Uint8Array | null = null;
  #isReadOnly = false;
  #pointer: PointerInput | null = null;

  constructor(container: HTMLElement, options: PaintOptions, look: LabelLook, events: MaskEditorEvents) {
    this.#container = container;
    this.#events = events;
    this.#options = options;
    this.#colours = labelColours(look);
    const viewport = new Viewport();
    this.#photo = new PhotoLayer(viewport, () => this.#view.request(PHOTO, 'all'));
    this.#cursor = new CursorLayer(viewport);
    this.#view = new StageView(
      container,
      viewport,
      [
        { nodes: [this.#photo.node], smooth: true },
        { nodes: [this.#overlay.node], smooth: false, refresh: (change) => this.#drawMask(change) },
        { nodes: [this.#cursor.node], smooth: true, refresh: (change) => this.#cursor.set(this.#previews(), change) },
      ],
      (width, height, pixelRatio) => this.#overlay.resize(width, height, pixelRatio),
    );
    this.#input = new PanZoom(container, this.#view.viewport, {
      down: (event) => this.#pointerDown(event),
      move: (event) => this.#pointerMove(event),
      up: (event) => this.#pointerUp(event),
      leave: () => this.#point(null),
      altWheel: (direction) => this.resizeBrush(direction),
    });
    const { signal } = this.#abort;
    container.addEventListener('keydown', (event) => this.#keyDown(event), { signal });
    container.addEventListener('keyup', (event) => this.#keyUp(event), { signal });
  }

  /** Gives the tool in hand a key; true when it meant something to it: ending, shortening or giving up what is under way. */
  pressKey(key: ToolKey): boolean {
    if (this.#painter === null) return false;
    this.#view.request(CURSOR, 'part');
    this.#view.request(MASK, 'part');
    if (key === 'escape' && this.isPainting) {
      this.#tool.cancel();
      this.#keyboard.isDown = false;
      return true;
    }
    if (key === 'enter' && this.#isReadOnly && this.#tool.isBusy) {
      this.#events.refused('read-only');
      return true;
    }
    if (this.#tool.key(key, this.#painter)) return true;
    if (key !== 'escape' || this.#keyboard.at === null) return false;
    this.toggleKeyboardPointer();
    return true;
  }

  /** Zoom and pan, to be read, moved or linked with another view's. */
  get viewport(): Viewport {
    return this.#view.viewport;
  }

  /** A gesture is under way. */
  get isPainting(): boolean {
    return this.#document?.isPainting ?? false;
  }

  /**
   * Whether an outline is open, in whichever tool. It would be lost by going on, so that tool is taken in hand, for its keys to end or
   * give up the outline, and the refusal is said.
   */
  holdsOutline(): boolean {
    if (this.isPainting) return false;
    const id = TOOL_IDS.find((each) => this.#tools[each].isBusy);
    if (id === undefined) return false;
    this.#events.outlineOpen(id);
    return true;
  }

  /** Pixels by label, length 256; a copy. */
  get counts(): Uint32Array {
    return this.#document?.counts.slice() ?? new Uint32Array(256);
  }

  /**
   * Shows a photo and its label map, which the editor takes over. The view is fitted, unless this is the same photo with other label maps.
   * Throws MASK_SIZE_MISMATCH when map and photo differ in size.
   */
  open(photo: PhotoSource, map: CountedMap, { isSamePhoto = false } = {}): void {
    if (photo.width !== map.width || photo.height !== map.height) {
      throw new PenumbraError('MASK_SIZE_MISMATCH', strings.trouble.mapSize.message(map, photo), {
        remedy: strings.trouble.mapSize.remedy,
        details: { mapWidth: map.width, mapHeight: map.height, photoWidth: photo.width, photoHeight: photo.height },
      });
    }
    this.#giveUpAll();
    this.#photo.set(photo);
    this.#marks = null;
    this.#load(map);
    if (!isSamePhoto) this.#view.viewport.setPhoto(photo);
    this.#view.requestAll();
  }

  /** Another label map of the photo shown; zoom, pan and an open outline stay. */
  replaceMap(map: CountedMap): void {
    if (this.isPainting) this.#giveUpAll();
    this.#load(map);
    this.#view.request(MASK, 'all');
  }

  close(): void {
    this.#giveUpAll();
    this.#photo.set(null);
    this.#document = null;
    this.#painter = null;
    this.#view.requestAll();
  }

  /** The label map as it is now; a copy. */
  copyMap(): LabelMap | null {
    const map = this.#document?.map;
    return map === undefined ? null : { width: map.width, height: map.height, data: map.data.slice() };
  }

  /** Plays a gesture back or forth. Not while one is under way (see `isPainting`). Throws EDIT_STALE. */
  apply(diffs: readonly TileDiff[], direction: 'forward' | 'backward'): void {
    this.#document?.apply(diffs, direction);
    this.#view.request(MASK, 'part');
  }

  /** Takes a tool in hand; false while a stroke is under way. An open outline waits for its tool to come back. */
  setTool(id: ToolId): boolean {
    if (this.isPainting) return false;
    this.#toolId = id;
    this.#keyboard.isDown = false;
    this.#view.request(CURSOR, 'part');
    return true;
  }

  setOptions(options: PaintOptions): void {
    this.#options = options;
    this.#view.request(CURSOR, 'part');
  }

  setLook(look: LabelLook): void {
    this.#colours = labelColours(look);
    this.#view.request(MASK, 'all');
  }

  /** Pixels to point out with stripes (1 = marked), as conflicts are; null for none. */
  setMarks(marks: Uint8Array | null): void {
    this.#marks = marks;
    this.#view.request(MASK, 'all');
  }

  setReadOnly(isReadOnly: boolean): void {
    this.#isReadOnly = isReadOnly;
    if (isReadOnly) this.finishStroke();
  }

  /** Ends a stroke under way as if the button were let go, so that it is kept. */
  finishStroke(): void {
    if (this.isPainting && this.#pointer !== null && this.#painter !== null) this.#tool.pointerUp(this.#pointer, this.#painter);
    this.#keyboard.isDown = false;
  }

  /** One step larger or smaller. */
  resizeBrush(direction: 1 | -1): void {
    const now = this.#options.brushDiameterPx;
    const next = direction > 0 ? Math.max(now + 1, Math.round(now * BRUSH_STEP)) : Math.min(now - 1, Math.round(now / BRUSH_STEP));
    this.#events.brushResized(Math.min(MAX_BRUSH_PX, Math.max(MIN_BRUSH_PX, next)));
  }

  /** Puts a pointer in the middle of the view that arrows move and Space presses, or takes it away. */
  toggleKeyboardPointer(): void {
    if (this.#document === null) return;
    if (this.#keyboard.at !== null) {
      this.finishStroke();
      this.#putKeyboardPointer(null);
      this.#point(null);
      return;
    }
    const { width, height } = this.#view.viewport.element;
    const { x, y } = this.#view.viewport.toImage({ x: width / 2, y: height / 2 });
    const { map } = this.#document;
    this.#putKeyboardPointer({ x: Math.min(map.width - 0.5, Math.max(0.5, x)), y: Math.min(map.height - 0.5, Math.max(0.5, y)) });
    this.#point(this.#keyboardInput(false, 0));
  }

  focus(): void {
    this.#container.focus({ preventScroll: true });
  }

  destroy(): void {
    this.#abort.abort();
    this.#input.destroy();
    this.#view.destroy();
  }

  get #tool(): Tool {
    return this.#tools[this.#toolId];
  }

  #load(map: CountedMap): void {
    this.#document = new MaskDocument(map, map.counts);
    this.#painter = new Painter(this.#document, () => this.#options, {
      gesture: (diffs) => this.#events.gesture({ tool: this.#toolId, diffs }),
      picked: (label) => this.#events.picked(label),
      refused: (why) => this.#events.refused(why),
    });
  }

  #giveUpAll(): void {
    for (const tool of Object.values(this.#tools)) tool.cancel();
    this.#keyboard.isDown = false;
  }

  #drawMask(change: LayerChange): PixelRect | 'all' | null {
    const document = this.#document;
    const dirty = document?.takeDirty() ?? null;
    if (document === null) {
      this.#overlay.update((_, out) => out.fill(0));
      return 'all';
    }
    const view = toDevice(this.#view.viewport.state, this.#view.pixelRatio);
    const lineWidth = Math.max(1, Math.round(OUTLINE_CSS_PX * this.#view.pixelRatio));
    const draw = (rect: Parameters<typeof drawLabels>[4], out: Uint32Array) =>
      drawLabels(document.map, this.#marks, this.#colours, view, rect, lineWidth, out);
    if (change === 'part') return dirty === null ? null : this.#overlay.update(draw, deviceRect(dirty, view, lineWidth));
    this.#overlay.update(draw);
    return 'all';
  }

  #previews(): ReturnType<Tool['preview']> {
    if (this.#painter === null || this.#isReadOnly) return [];
    return this.#tool.preview(this.#pointer, this.#painter);
  }

  #pointerDown(event: PointerEvent): void {
    if (this.#keyboard.at !== null) this.#putKeyboardPointer(null);
    this.#press(this.#pointerInput(event));
  }

  #pointerMove(event: PointerEvent): void {
    // Strokes follow every position that the device reported, not one a frame.
    const events = this.isPainting ? event.getCoalescedEvents() : [];
    for (const position of events.length > 0 ? events : [event]) this.#moveTo(this.#pointerInput(position));
  }

  #pointerUp(event: PointerEvent): void {
    this.#release(this.#pointerInput(event));
  }

  #press(input: PointerInput): void {
    if (this.#painter === null) return;
    this.#point(input);
    if (this.#isReadOnly && this.#toolId !== 'pick') { this.#events.refused('read-only'); return; }
    this.#tool.pointerDown(input, this.#painter);
    this.#view.request(MASK, 'part');
  }

  #moveTo(input: PointerInput): void {
    this.#point(input);
    if (this.#painter === null) return;
    this.#tool.pointerMove(input, this.#painter);
    if (this.isPainting) this.#view.request(MASK, 'part');
  }

  #release(input: PointerInput): void {
    if (this.#painter === null) return;
    this.#point(input);
    this.#tool.pointerUp(input, this.#painter);
    this.#view.request(MASK, 'part');
  }

  #point(input: PointerInput | null): void {
    // A stroke goes on outside the element, so its last position is kept until the button is let go.
    if (input === null && (this.isPainting || this.#keyboard.at !== null)) return;
    this.#pointer = input;
    this.#view.request(CURSOR, 'part');
    const label = input === null ? null : (this.#document?.labelAt(input.image.x, input.image.y) ?? null);
    this.#events.pointed(input === null || label === null ? null : { point: input.image, label });
  }

  #pointerInput(event: PointerEvent): PointerInput {
    const screen = screenPoint(this.#container, event);
    return { screen, image: this.#view.viewport.toImage(screen), shift: event.shiftKey, timeMs: event.timeStamp };
  }

  #keyboardInput(shift: boolean, timeMs: number): PointerInput | null {
    const image = this.#keyboard.at;
    return image === null ? null : { image, screen: this.#view.viewport.toScreen(image), shift, timeMs };
  }

  #keyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Shift') { this.#shift(true); return; }
    const toolKey = TOOL_KEYS[event.key];
    const isUsed = toolKey === undefined ? (event.key === ' ' ? this.#space(event) : this.#arrow(event)) : this.pressKey(toolKey);
    if (!isUsed) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #keyUp(event: KeyboardEvent): void {
    if (event.key === ' ') this.#input.holdSpace(false);
    if (event.key === 'Shift') this.#shift(false);
  }

  #space(event: KeyboardEvent): boolean {
    const input = this.#keyboardInput(event.shiftKey, event.timeStamp);
    if (input === null) {
      this.#input.holdSpace(true);
      return true;
    }
    if (event.repeat) return true;
    if (this.#keyboard.isDown) this.#release(input);
    else this.#press(input);
    if (this.#tool.press === 'click') this.#release(input);
    this.#keyboard.isDown = this.#tool.press === 'drag' && this.isPainting;
    return true;
  }

  /** With the keyboard pointer out, arrows move it: a screen step of 8 px, with Shift one photo px. Otherwise they pan. */
  #arrow(event: KeyboardEvent): boolean {
    const size = this.#document?.map;
    const stepPx = event.shiftKey ? 1 : Math.max(1, Math.round(8 / this.#view.viewport.state.scale));
    if (size === undefined || !this.#keyboard.move(event.key, stepPx, size)) return this.#input.arrow(event.key);
    const at = this.#keyboard.at;
    if (at !== null) this.#view.viewport.reveal(at);
    // Shift means a fine step here, not a straight line.
    const input = this.#keyboardInput(false, event.timeStamp);
    if (input !== null) this.#moveTo(input);
    return true;
  }

  #putKeyboardPointer(at: ImagePoint | null): void {
    this.#keyboard.place(at);
    this.#events.keyboardPointer(at !== null);
  }

  #shift(held: boolean): void {
    if (this.#pointer === null || this.#keyboard.at !== null) return;
    this.#pointer = { ...this.#pointer, shift: held };
    this.#view.request(CURSOR, 'part');
  }
}
