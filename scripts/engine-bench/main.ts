import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { besideTorch, type Compared } from './beside-torch.ts';
import { MEASURES } from './measures.ts';
import type { Run } from './side.ts';
import { measureTraining, TRAINING_MEASURES } from './training.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' }, repeats: { type: 'string', default: '5' } } });
const [python = 'python3'] = positionals;
const names = [...MEASURES.map(({ measure }) => measure.name), ...TRAINING_MEASURES];
const asked = values.only?.split(',') ?? names;
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`--only: there is no measure ${unknown.join(', ')}; there are ${names.join(', ')}`);
const repeats = Number(values.repeats);

const KERNELS_SHOWN = 14;

const rows: Compared[] = [];
const measures = MEASURES.filter(({ measure }) => asked.includes(measure.name));
for (const { measure, bounds } of measures) {
  console.log(`${measure.name} …`);
  rows.push(await besideTorch(python, measure, { engine: 'native', device: 'cpu', repeats, bounds }));
}
const cuda = execFileSync(python, ['-c', 'import torch; print(torch.cuda.is_available())'], { encoding: 'utf8' }).trim() === 'True';
if (!cuda) console.log('no GPU: native and webgpu were not measured on one');
else {
  for (const { measure } of measures) {
    for (const engine of ['native', 'webgpu'] as const) {
      for (const device of ['cuda', 'cuda-amp'] as const) rows.push(await besideTorch(python, measure, { engine, device, repeats, bounds: null }));
    }
  }
}
print(rows);
for (const name of TRAINING_MEASURES.filter((item) => asked.includes(item))) console.log(await measureTraining(name));

function print(compared: readonly Compared[]): void {
  console.log('\n| measure | ours, s | PyTorch, s | time | processor time | memory, MiB | PyTorch’s | memory | |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const { measure, seconds, processorSeconds, peakBytes, bounds } of compared) {
    const [time, processor, memory] = [seconds, processorSeconds, peakBytes].map(([ours, theirs]) => ours / theirs) as [number, number, number];
    const missed = [...(time > (bounds?.time ?? Infinity) ? ['time'] : []), ...(memory > (bounds?.memory ?? Infinity) ? ['memory'] : [])];
    const verdict = bounds === null ? '' : missed.length === 0 ? 'held' : `missed: ${missed.join(', ')}`;
    const cells = [measure, ...seconds.map((value) => value.toFixed(3)), time.toFixed(2), processor.toFixed(2), ...peakBytes.map((value) => Math.round(value / 2 ** 20)), memory.toFixed(2), verdict];
    console.log(`| ${cells.join(' | ')} |`);
  }
  for (const { measure, profile } of compared) printProfile(measure, profile);
  for (const text of new Set(compared.flatMap(({ ours, theirs }) => [ours, theirs]))) console.log(text);
}

/** Where the time of one repeat of ours went. */
function printProfile(measure: string, { seconds, kernels }: Run): void {
  const inKernels = kernels.reduce((sum, kernel) => sum + kernel.seconds, 0);
  console.log(`\n${measure}: ${seconds.toFixed(3)} s, ${inKernels.toFixed(3)} s of it in kernels`);
  for (const kernel of kernels.slice(0, KERNELS_SHOWN)) console.log(`  ${kernel.kernel.padEnd(44)} ${kernel.seconds.toFixed(4)} s, processor ${kernel.processorSeconds.toFixed(4)} s, ${kernel.calls} calls`);
}
