/** Gives every reader of weights broken files and prints what came of them; see scripts/fuzz.mjs. */
import { parseArgs } from 'node:util';
import { fuzzOnce } from '../../tests/support/weights-fuzz/fuzz.ts';

const REPORT_EVERY = 10_000;
const SLOW_MS = 5_000;

const { values } = parseArgs({ options: { count: { type: 'string', default: '140000' }, seed: { type: 'string', default: '0' }, from: { type: 'string', default: '0' } } });
const [count, seed, from] = [values.count, values.seed, values.from].map(Number) as [number, number, number];
if (![count, seed, from].every((value) => Number.isSafeInteger(value) && value >= 0)) throw new Error('--count, --seed and --from take whole numbers');

const subjects = new Map<string, { inputs: number; read: number; slowestMs: number }>();
const startMs = performance.now();
let defects = 0;
for (let index = from; index < from + count; index += 1) {
  try {
    const { subject, read, elapsedMs } = fuzzOnce(seed, index);
    const counts = subjects.get(subject) ?? { inputs: 0, read: 0, slowestMs: 0 };
    subjects.set(subject, { inputs: counts.inputs + 1, read: counts.read + (read ? 1 : 0), slowestMs: Math.max(counts.slowestMs, elapsedMs) });
    if (elapsedMs > SLOW_MS) throw new Error(`${subject}, seed ${seed}, input ${index}: took ${Math.round(elapsedMs)} ms`);
  } catch (thrown) {
    defects += 1;
    console.error(thrown instanceof Error ? `${thrown.message}\n${(thrown.cause as Error | undefined)?.stack ?? ''}` : thrown);
  }
  if ((index + 1 - from) % REPORT_EVERY === 0) console.log(`${index + 1 - from} of ${count}; --from ${index + 1} goes on from here`);
}
for (const [subject, { inputs, read, slowestMs }] of subjects) console.log(`${subject}: ${inputs} inputs, ${read} read, ${inputs - read} refused, slowest ${slowestMs.toFixed(1)} ms`);
const seconds = (performance.now() - startMs) / 1000;
console.log(`${count} inputs, seed ${seed}: ${defects} defects; ${seconds.toFixed(0)} s, peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
process.exitCode = defects === 0 ? 0 : 1;
