import type { ImageId } from '#shared/domain/ids.ts';

/** What is focused and chosen in a list of images. Values are never changed: each gesture gives a new one. */
export interface Selection {
  readonly focus: ImageId | null;
  /** Where a range begins. */
  readonly anchor: ImageId | null;
  readonly chosen: ReadonlySet<ImageId>;
}

export const NOTHING: Selection = { focus: null, anchor: null, chosen: new Set() };

/** How a click or an arrow key was meant: alone, with Shift, or with Ctrl or Command. */
export type Gesture = 'plain' | 'range' | 'toggle';

/** The order in which images are shown. */
export interface Order {
  readonly ids: readonly ImageId[];
  readonly indexOf: ReadonlyMap<ImageId, number>;
}

export function orderOf(ids: readonly ImageId[]): Order {
  return { ids, indexOf: new Map(ids.map((id, index) => [id, index])) };
}

export function pick(selection: Selection, order: Order, id: ImageId, gesture: Gesture): Selection {
  if (gesture === 'toggle') {
    const chosen = new Set(selection.chosen);
    if (!chosen.delete(id)) chosen.add(id);
    return { focus: id, anchor: id, chosen };
  }
  const from = gesture === 'range' && selection.anchor !== null ? order.indexOf.get(selection.anchor) : undefined;
  const to = order.indexOf.get(id);
  if (from === undefined || to === undefined) return { focus: id, anchor: id, chosen: new Set([id]) };
  return { focus: id, anchor: selection.anchor, chosen: new Set(order.ids.slice(Math.min(from, to), Math.max(from, to) + 1)) };
}

/** Moves the focus by a number of places, stopping at both ends. With nothing focused, to the first image, or by infinity to the last. */
export function move(selection: Selection, order: Order, by: number, gesture: Gesture): Selection {
  const at = selection.focus === null ? undefined : order.indexOf.get(selection.focus);
  const from = at ?? (Number.isFinite(by) ? -by : 0);
  const next = order.ids[Math.min(order.ids.length - 1, Math.max(0, from + by))];
  return next === undefined ? selection : pick(selection, order, next, gesture);
}

export function chooseAll(selection: Selection, order: Order): Selection {
  return { focus: selection.focus ?? order.ids[0] ?? null, anchor: selection.anchor ?? order.ids[0] ?? null, chosen: new Set(order.ids) };
}

/** What is left of a selection in another order, such as after filtering. */
export function keepIn(selection: Selection, order: Order): Selection {
  const has = (id: ImageId | null): id is ImageId => id !== null && order.indexOf.has(id);
  const focus = has(selection.focus) ? selection.focus : null;
  return { focus, anchor: has(selection.anchor) ? selection.anchor : focus, chosen: new Set([...selection.chosen].filter(has)) };
}

/** The images that a command acts on: the chosen ones in their order, else the focused one. */
export function targets(selection: Selection, order: Order): ImageId[] {
  if (selection.chosen.size === 0) return selection.focus === null ? [] : [selection.focus];
  return [...selection.chosen].sort((a, b) => (order.indexOf.get(a) ?? 0) - (order.indexOf.get(b) ?? 0));
}
