import path from 'node:path';
import type { BackendId } from '#main/ml/backend/backend.ts';
import { engineEnvironment } from '#main/ml/backend/environment.ts';
import type { Bounds, Measure } from './measures.ts';
import { Side, type Run } from './side.ts';

/** Repeats before those that count: engines compile and allocate in the first ones. */
const WARM_UPS = 2;
/** How far results of both sides may differ where no chance is drawn: else they did not do the same. */
const SAME = 1e-3;

export interface Compared {
  readonly measure: string;
  readonly ours: string;
  readonly theirs: string;
  readonly seconds: readonly [ours: number, theirs: number];
  readonly processorSeconds: readonly [ours: number, theirs: number];
  readonly peakBytes: readonly [ours: number, theirs: number];
  readonly bounds: Bounds | null;
  /** Of one more repeat of ours. */
  readonly profile: Run;
}

/** Both sides turn by turn, so that other work on the machine meets both alike. PyTorch in its two memory layouts; the faster one counts. */
export async function besideTorch(python: string, measure: Measure, setting: Setting): Promise<Compared> {
  const text = JSON.stringify(measure);
  const script = (name: string): string => path.join(import.meta.dirname, name);
  const ours = new Side(setting.engine, process.execPath, ['--expose-gc', script('worker.ts'), setting.engine, text], engineEnvironment());
  const theirs = (['contiguous', 'channels_last'] as const).map((layout) => new Side(layout, python, [script('worker.py'), layout, setting.device, text], process.env));
  const sides = [ours, ...theirs];
  try {
    for (const side of sides) await side.ready();
    const values = new Map<Side, number>();
    for (let turn = 0; turn < WARM_UPS + setting.repeats; turn += 1) {
      for (const side of sides) {
        const run = await side.run(turn >= WARM_UPS);
        if (turn === 0) values.set(side, run.value);
      }
    }
    if (!measure.work.startsWith('train') && setting.device !== 'cuda-amp') for (const side of theirs) agree(measure, values.get(ours), values.get(side));
    const [first, second] = theirs as [Side, Side];
    const faster = best(first, 'seconds') <= best(second, 'seconds') ? first : second;
    const pair = (field: Figure, of: (side: Side, field: Figure) => number): [number, number] => [of(ours, field), of(faster, field)];
    return {
      measure: measure.name,
      ours: ours.description,
      theirs: faster.description,
      seconds: pair('seconds', best),
      processorSeconds: pair('processorSeconds', best),
      peakBytes: pair('peakBytes', (side, field) => Math.max(...side.runs.map((run) => run[field]))),
      bounds: setting.bounds,
      profile: await ours.profile(),
    };
  } finally {
    await Promise.all(sides.map((side) => side.end()));
  }
}

export interface Setting {
  readonly engine: BackendId;
  /** cpu, cuda, or cuda-amp: PyTorch with automatic mixed precision. */
  readonly device: 'cpu' | 'cuda' | 'cuda-amp';
  readonly repeats: number;
  readonly bounds: Bounds | null;
}

type Figure = 'seconds' | 'processorSeconds' | 'peakBytes';

function best(side: Side, field: Figure): number {
  return Math.min(...side.runs.map((run) => run[field]));
}

function agree(measure: Measure, ours = Number.NaN, theirs = Number.NaN): void {
  if (!(Math.abs(ours - theirs) <= SAME * Math.abs(theirs))) throw new Error(`${measure.name}: our result is ${ours}, PyTorch's ${theirs}; the two do not do the same`);
}
