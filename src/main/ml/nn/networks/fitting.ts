import { referenceShape } from '../layout.ts';
import type { Wanted } from '../weights-fit.ts';
import { prefixOf } from './allowed-missing.ts';
import { parametersOf } from './build.ts';
import { NETWORKS, type NetworkEntry } from './catalogue.ts';

type Shapes = ReadonlyMap<string, readonly number[]>;

/** A network that weights load into as a whole. */
export interface FittingNetwork {
  /** As `--arch` takes it. */
  readonly arch: string;
  /** What to give as `--classes`; null: as published. */
  readonly classes: number | null;
  /** What to give as `--strip-prefix`; null: nothing. */
  readonly stripPrefix: string | null;
}

/** Networks of the catalogue that have all of these names and shapes and no others, whatever the count of outputs. */
export function fittingNetworks(shapes: Shapes): FittingNetwork[] {
  return [...NETWORKS].flatMap(([arch, entry]) => {
    const fitting = fittingAs(arch, entry, shapes);
    return fitting === null ? [] : [fitting];
  });
}

function fittingAs(arch: string, { table, originalOf, classes: published }: NetworkEntry, shapes: Shapes): FittingNetwork | null {
  const parameters = parametersOf(table, { classes: published });
  const prefix = prefixOf(parameters, [...shapes.keys()]);
  const named = prefix === null ? shapes : new Map([...shapes].map(([key, shape]) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, shape]));
  // The last layer is the one that other outputs change.
  const more = parametersOf(table, { classes: published + 1 });
  const last = parameters.find(({ shape }, i) => shape.join() !== more[i]?.shape.join());
  const classes = named.get(last?.name ?? '')?.[0] ?? published;
  if (!haveSameShapes(parametersOf(table, { classes }), named)) return null;
  const own = [...named.keys()].filter((key) => !key.endsWith('num_batches_tracked') && !named.has(originalOf?.(key) ?? ''));
  return own.length === parameters.length ? { arch, classes: classes === published ? null : classes, stripPrefix: prefix?.slice(0, -1) ?? null } : null;
}

function haveSameShapes(parameters: readonly Wanted[], shapes: Shapes): boolean {
  return parameters.every(({ name, shape, layout }) => shapes.get(name)?.join() === referenceShape(shape, layout).join());
}
