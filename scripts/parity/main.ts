import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import type { TensorBackend } from '#main/ml/backend/backend.ts';
import { loadBackend } from '#main/ml/backend/load.ts';
import { compare, type Row } from './compare.ts';
import { Figures, figuresOf, printTable, verdict } from './figures.ts';
import { fullCases, type FullCase } from './full-cases.ts';
import { readReference, type Mode } from './reference-file.ts';

const REPO = path.resolve(import.meta.dirname, '../..');
const FIXTURES = path.join(REPO, 'tests/fixtures/parity');
const WORK = path.join(REPO, '.tmp/parity');
/** As generate.py ends where it found no input with steady gradients. */
const UNSTEADY = 3;
/** Inputs that are tried, and how much noise their gradients must bear: forty times rounding, since it adds up in a hundred layers. */
const STEADY = ['--tries', '30', '--noise', '2e-6'];

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    backend: { type: 'string', default: 'native' },
    only: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
if (values.backend !== 'native' && values.backend !== 'webgpu') throw new Error(`--backend: "${values.backend}" is neither native nor webgpu`);
const backendId = values.backend;
const RESULTS = path.join(WORK, `results-${backendId}.json`);

/** What can be compared, and how the files with its references are had: on WebGPU the small networks, since software runs it for hours else. */
const references: ReadonlyMap<string, () => Promise<string[]>> = backendId === 'native' ? ofFullSize() : ofFixtures();

if (values.list) console.log([...references.keys()].join('\n'));
else {
  const held = await compareAll(asked(values.only));
  // Dawn keeps the process alive; leave once all is out.
  process.stdout.write('', () => process.exit(held ? 0 : 1));
}

function asked(only: string | undefined): readonly string[] {
  const names = only?.split(',') ?? [...references.keys()];
  const unknown = names.filter((name) => !references.has(name));
  if (unknown.length > 0) throw new Error(`--only: there is no network "${unknown.join(', ')}"; --list names them`);
  return names;
}

/** One network at a time; what was compared before is kept, unless asked for by name. Whether all stay within the tolerances. */
async function compareAll(names: readonly string[]): Promise<boolean> {
  await mkdir(WORK, { recursive: true });
  if (values.fresh) await rm(RESULTS, { force: true });
  const results = existsSync(RESULTS) ? z.record(z.string(), Figures).parse(JSON.parse(await readFile(RESULTS, 'utf8'))) : {};
  const backend = await loadBackend(backendId);
  for (const name of names) {
    if (results[name] !== undefined && values.only === undefined) {
      console.log(`${name}: compared before, kept (--fresh forgets it)`);
      continue;
    }
    const figures = await compareOne(backend, name);
    results[name] = figures;
    await writeFile(`${RESULTS}.new`, JSON.stringify(results, null, 2));
    await rename(`${RESULTS}.new`, RESULTS);
    console.log(`${name}: ${verdict(figures)}`);
  }
  return printTable(results, names);
}

async function compareOne(backend: TensorBackend, name: string): Promise<Figures> {
  const files = (await references.get(name)?.()) ?? [];
  const found = files.map(readReference);
  const rows: Row[] = [];
  for (const reference of found) rows.push(...(await compare(backend, reference)));
  const side = (isIt: (mode: Mode) => boolean): number | null => found.find(({ case: { modes } }) => modes.some(isIt))?.case.size[0] ?? null;
  return figuresOf(rows, { taps: side((mode) => mode === 'forward') ?? side(() => true), gradients: side((mode) => mode !== 'forward') });
}

function ofFullSize(): ReadonlyMap<string, () => Promise<string[]>> {
  return new Map([...fullCases()].map(([name, cases]) => [name, () => made(name, cases)]));
}

function ofFixtures(): ReadonlyMap<string, () => Promise<string[]>> {
  const files = readdirSync(FIXTURES).filter((file) => file.endsWith('.safetensors'));
  return new Map(files.map((file) => [path.parse(file).name, () => Promise.resolve([path.join(FIXTURES, file)])]));
}

/** The files of what PyTorch makes of a network, made now or before; without gradients where no input has steady ones. */
async function made(name: string, { forward, gradients }: FullCase): Promise<string[]> {
  const list = path.join(WORK, `${name}.json`);
  await writeFile(list, JSON.stringify([forward, gradients]));
  const { status } = spawnSync(values.python, [path.join(FIXTURES, 'generate.py'), list, WORK, ...STEADY], { stdio: 'inherit' });
  if (status !== 0 && status !== UNSTEADY) throw new Error(`${name}: the references can’t be made; generate.py ended with code ${String(status)}`);
  const cases = status === 0 ? [forward, gradients] : [forward];
  return cases.map((item) => path.join(WORK, `${item.name}.safetensors`));
}
