/** Where the stages of a recipe stand when drawn: one column a layer, edges that pass a column get a lane of their own. */

interface GraphStep {
  readonly step: string;
  /** Input name to the step that makes it. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface PlacedNode {
  readonly step: string;
  readonly layer: number;
  /** Top left corner, px. */
  readonly x: number;
  readonly y: number;
}

export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  /** Points that the edge runs through, px: out of `from`, through its lanes, into `to`. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface GraphLayout {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

export interface GraphSizes {
  readonly nodeWidth: number;
  readonly nodeHeight: number;
  readonly gapX: number;
  readonly gapY: number;
  readonly laneHeight: number;
}

/** A node, or the place where a long edge passes a layer. */
interface Slot {
  readonly id: string;
  readonly step: string | null;
  readonly layer: number;
  readonly height: number;
  readonly before: Slot[];
  readonly after: Slot[];
  centre: number;
}

const SWEEPS = 12;
/** Lanes make way for stages. */
const STEP_WEIGHT = 1e6;

export function layOutGraph(steps: readonly GraphStep[], sizes: GraphSizes): GraphLayout {
  const layers = layersOf(steps);
  const bySlot = new Map<string, Slot>();
  const columns: Slot[][] = [];
  const add = (id: string, step: string | null, layer: number): Slot => {
    const slot: Slot = { id, step, layer, height: step === null ? sizes.laneHeight : sizes.nodeHeight, before: [], after: [], centre: 0 };
    bySlot.set(id, slot);
    (columns[layer] ??= []).push(slot);
    return slot;
  };
  for (const { step } of steps) add(step, step, layers.get(step) ?? 0);

  const chains: { from: string; to: string; slots: Slot[] }[] = [];
  for (const { step, inputs } of steps) {
    for (const from of new Set(Object.values(inputs))) {
      const start = bySlot.get(from);
      const end = bySlot.get(step);
      if (start === undefined || end === undefined) continue;
      const slots = [start];
      // Edges that leave one stage share their lanes: they carry the same thing.
      for (let layer = start.layer + 1; layer < end.layer; layer++) slots.push(bySlot.get(`${from}@${layer}`) ?? add(`${from}@${layer}`, null, layer));
      slots.push(end);
      for (let at = 1; at < slots.length; at++) join(slots[at - 1], slots[at]);
      chains.push({ from, to: step, slots });
    }
  }
  place(columns, sizes.gapY);

  const all = columns.flat();
  const top = Math.min(0, ...all.map((slot) => slot.centre - slot.height / 2));
  const xOf = (layer: number): number => layer * (sizes.nodeWidth + sizes.gapX);
  return {
    nodes: all.flatMap((slot) => (slot.step === null ? [] : [{ step: slot.step, layer: slot.layer, x: xOf(slot.layer), y: slot.centre - slot.height / 2 - top }])),
    edges: chains.map(({ from, to, slots }) => ({
      from,
      to,
      points: slots.flatMap((slot, at) => {
        const y = slot.centre - top;
        const left = { x: xOf(slot.layer), y };
        const right = { x: xOf(slot.layer) + sizes.nodeWidth, y };
        if (at === 0) return [right];
        return at === slots.length - 1 ? [left] : [left, right];
      }),
    })),
    width: columns.length === 0 ? 0 : xOf(columns.length - 1) + sizes.nodeWidth,
    height: all.length === 0 ? 0 : Math.max(...all.map((slot) => slot.centre + slot.height / 2)) - top,
  };
}

/** The longest way from a stage without inputs. Steps come in an order in which inputs stand first. */
function layersOf(steps: readonly GraphStep[]): Map<string, number> {
  const layers = new Map<string, number>();
  for (const { step, inputs } of steps) layers.set(step, Math.max(0, ...Object.values(inputs).map((from) => (layers.get(from) ?? -1) + 1)));
  return layers;
}

function join(before: Slot | undefined, after: Slot | undefined): void {
  if (before === undefined || after === undefined || before.after.includes(after)) return;
  before.after.push(after);
  after.before.push(before);
}

/** Pulls each slot towards its neighbours, keeping the order and the gaps of its column. */
function place(columns: readonly Slot[][], gapY: number): void {
  for (const column of columns) {
    // Lanes stand below the stages at first; the sweeps order them by where they come from.
    column.sort((a, b) => Number(a.step === null) - Number(b.step === null));
    settle(column, gapY, column.map((_, at) => at * gapY));
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const order = sweep % 2 === 0 ? columns : [...columns].reverse();
    for (const column of order) {
      const wanted = new Map(column.map((slot) => [slot, pull(slot)]));
      const want = (slot: Slot): number => wanted.get(slot) ?? slot.centre;
      column.sort((a, b) => want(a) - want(b) || Number(a.step === null) - Number(b.step === null));
      settle(column, gapY, column.map(want));
    }
  }
}

/** Where a slot's neighbours draw it. Stages follow stages alone, so that the row of the pipeline stays straight whatever passes it. */
function pull(slot: Slot): number {
  const neighbours = [...slot.before, ...slot.after];
  const stages = slot.step === null ? [] : neighbours.filter((other) => other.step !== null);
  const drawing = stages.length > 0 ? stages : neighbours;
  return drawing.length === 0 ? slot.centre : drawing.reduce((sum, other) => sum + other.centre, 0) / drawing.length;
}

/** Centres as near to the wanted ones as gaps allow: blocks that touch move as one, to the mean of what they want (heavier for stages). */
function settle(column: readonly Slot[], gapY: number, wanted: readonly number[]): void {
  const blocks: { slots: Slot[]; offsets: number[]; sum: number; weight: number; length: number }[] = [];
  const start = (block: { sum: number; weight: number }): number => block.sum / block.weight;
  for (const [at, slot] of column.entries()) {
    const weight = slot.step === null ? 1 : STEP_WEIGHT;
    let block = { slots: [slot], offsets: [slot.height / 2], sum: ((wanted[at] ?? 0) - slot.height / 2) * weight, weight, length: slot.height };
    for (let last = blocks.at(-1); last !== undefined && start(last) + last.length + gapY > start(block); last = blocks.at(-1)) {
      const shift = last.length + gapY;
      block = {
        slots: [...last.slots, ...block.slots],
        offsets: [...last.offsets, ...block.offsets.map((offset) => offset + shift)],
        sum: last.sum + block.sum - shift * block.weight,
        weight: last.weight + block.weight,
        length: shift + block.length,
      };
      blocks.pop();
    }
    blocks.push(block);
  }
  for (const block of blocks) for (const [at, slot] of block.slots.entries()) slot.centre = start(block) + (block.offsets[at] ?? 0);
}
