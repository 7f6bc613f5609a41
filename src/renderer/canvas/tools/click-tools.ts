import type { PointerInput, Tool, ToolCanvas, ToolPreview } from './tool.ts';

/** A tool that does its whole work when the button goes down: it has one state. */
class ClickTool implements Tool {
  readonly id: string;
  readonly press = 'click';
  readonly isBusy = false;
  readonly #act: (input: PointerInput, canvas: ToolCanvas) => void;

  constructor(id: string, act: (input: PointerInput, canvas: ToolCanvas) => void) {
    this.id = id;
    this.#act = act;
  }

  pointerDown(input: PointerInput, canvas: ToolCanvas): void {
    this.#act(input, canvas);
  }

  pointerMove(): void {
    // Nothing is under way between clicks.
  }

  pointerUp(): void {
    // Done when the button went down.
  }

  cancel(): void {
    // Nothing is ever under way.
  }

  key(): boolean {
    return false;
  }

  preview(pointer: PointerInput | null): readonly ToolPreview[] {
    return pointer === null ? [] : [{ kind: 'cross', centre: pointer.image }];
  }
}

/** Flood fill: the region of one label under the pointer, joined by pixel edges, becomes the label in hand. */
export function fillTool(): Tool {
  return new ClickTool('fill', (input, canvas) => canvas.floodFrom(input.image));
}

/** Pick class: the label under the pointer is taken in hand. */
export function pickTool(): Tool {
  return new ClickTool('pick', (input, canvas) => {
    const label = canvas.labelAt(input.image);
    if (label !== null) canvas.pick(label);
  });
}
