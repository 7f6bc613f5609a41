import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ServedFile } from './package-index.ts';

export const repository = resolve(import.meta.dirname, '../../..');
const supportDir = import.meta.dirname;

/** The Python behind any shim on PATH. */
const realPython = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();

export interface ZipEntryOrder {
  readonly name: string;
  readonly content?: Buffer;
  readonly repeat?: readonly [string, number];
  readonly stored?: boolean;
  readonly mode?: number;
}

/** A zip archive written by Python's zipfile. */
export function makeZip(file: string, entries: readonly ZipEntryOrder[], options: { force64?: boolean; many?: number } = {}): void {
  const order = {
    file,
    entries: entries.map(({ content, ...entry }) => ({ ...entry, base64: content?.toString('base64') ?? '' })),
    ...options,
  };
  execFileSync(realPython, [join(supportDir, 'make_wheel.py')], { input: JSON.stringify(order) });
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A package with what pip wants to see in one. */
function makePackage(dir: string, name: string, entries: readonly ZipEntryOrder[]): ServedFile {
  const stem = `${name.replaceAll('-', '_')}-9.9.9`;
  const filename = `${stem}-py3-none-any.whl`;
  makeZip(join(dir, filename), [
    ...entries,
    { name: `${stem}.dist-info/METADATA`, content: Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: 9.9.9\n`) },
    {
      name: `${stem}.dist-info/WHEEL`,
      content: Buffer.from('Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
    },
    { name: `${stem}.dist-info/RECORD`, content: Buffer.from('') },
  ]);
  return { package: name, filename, content: readFileSync(join(dir, filename)) };
}

/** Random, so that it does not shrink: sizes on the line are sizes on the disk. */
export const LIBRARY_BYTES = 3_000_000;

/** What a set-up run did. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A user's machine in one temporary folder: cache, PATH of our choosing, pins of two small packages, a compiler that needs no time. */
export class Workplace {
  readonly dir: string;
  /** The real Python, for programs that stand before it on PATH. */
  readonly python = realPython;
  readonly engine: ServedFile;
  readonly weights: ServedFile;
  readonly weightsContent = randomBytes(20_000);
  readonly #children = new Set<ChildProcess>();

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'penumbra-setup-'));
    for (const name of ['bin', 'packages', 'manifests', 'home']) mkdirSync(join(this.dir, name));
    const packages = join(this.dir, 'packages');
    this.engine = makePackage(packages, 'fake-tensorflow', [
      { name: 'tensorflow/libtensorflow_cc.so.2', content: randomBytes(LIBRARY_BYTES) },
      { name: 'tensorflow/libtensorflow_framework.so.2', content: Buffer.from('framework') },
      { name: 'tensorflow/include/tensorflow/c/c_api.h', content: Buffer.from('/* header */') },
      { name: 'tensorflow/python/unneeded.py', content: Buffer.from('unneeded') },
    ]);
    this.weights = makePackage(packages, 'fake-weights', [
      { name: 'fake_weights/models/fake.pth', content: this.weightsContent },
      { name: 'fake_weights-9.9.9.dist-info/LICENSE', content: Buffer.from('licence text') },
    ]);
    this.writeManifests();
    this.program('python3', `exec "${realPython}" "$@"`);
    this.program('g++', 'while [ "$1" != -o ]; do shift; done; exec /bin/cp "$FAKE_BINDING" "$2"');
  }

  get cache(): string {
    return join(this.dir, 'cache');
  }
  get downloads(): string {
    return join(this.cache, 'downloads');
  }
  get engineDir(): string {
    return join(this.cache, 'engines', 'fake-engine-1');
  }

  writeManifests(change: { engineSha256?: string; unpackedBytes?: number; withoutWeights?: boolean } = {}): void {
    const pin = (file: ServedFile) => ({
      package: file.package,
      version: '9.9.9',
      filename: file.filename,
      sha256: sha256(file.content),
      bytes: file.content.length,
    });
    const variant = {
      id: 'fake-engine-1',
      title: 'Fake TensorFlow 9.9.9',
      platform: process.platform,
      arch: process.arch,
      tensorflow: '9.9.9',
      licence: 'none',
      unpackedBytes: change.unpackedBytes ?? 4_000_000,
      wheels: [
        {
          ...pin(this.engine),
          ...(change.engineSha256 === undefined ? {} : { sha256: change.engineSha256 }),
          unpack: [{ from: 'tensorflow/libtensorflow_' }, { from: 'tensorflow/include/tensorflow/c/', keep: 'compile' }],
        },
      ],
    };
    const weights = {
      title: 'Fake weights',
      licence: 'none',
      wheel: { ...pin(this.weights), unpack: [] },
      entry: 'fake_weights/models/fake.pth',
      file: 'fake.pth',
      sha256: sha256(this.weightsContent),
      bytes: this.weightsContent.length,
      notices: ['fake_weights-9.9.9.dist-info/LICENSE'],
    };
    const write = (kind: string, content: object): void =>
      writeFileSync(join(this.dir, 'manifests', `${kind}-manifest.json`), JSON.stringify({ format: 1, ...content }));
    write('engine', { variants: { cpu: variant, gpu: { ...variant, id: 'fake-engine-gpu-1' } } });
    write('weights', { weights: change.withoutWeights === true ? {} : { 'fake-weights': weights } });
  }

  /** Puts a shell script on PATH. */
  program(name: string, script: string): void {
    const file = join(this.dir, 'bin', name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** Takes a program off PATH. */
  without(name: string): void {
    rmSync(join(this.dir, 'bin', name));
  }

  environment(indexUrl: string, extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
    // Nothing of the tester's own configuration may reach pip, npm or the engine search.
    const kept = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) =>
          !/^(pip_|npm_|penumbra_|xdg_|node_options|cxx$|https?_proxy|no_proxy|all_proxy|.*ca_bundle|ssl_cert|node_extra)/i.test(name),
      ),
    );
    return {
      ...kept,
      PATH: join(this.dir, 'bin'),
      HOME: join(this.dir, 'home'),
      PENUMBRA_CACHE: this.cache,
      PENUMBRA_MANIFESTS: join(this.dir, 'manifests'),
      PIP_CONFIG_FILE: '/dev/null',
      PIP_INDEX_URL: indexUrl,
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      FAKE_BINDING: fakeBinding(),
      ...extra,
    };
  }

  /** Starts `npm run setup` as npm would, without npm. */
  start(indexUrl: string, extra: Readonly<Record<string, string>> = {}): { child: ChildProcess; outcome: Promise<Outcome> } {
    const preload = Object.keys(extra).some((name) => name.startsWith('BAD_DISK_')) ? ['--import', join(supportDir, 'bad-disk.mjs')] : [];
    const child = spawn(process.execPath, [...preload, join(repository, 'scripts/setup.mjs')], {
      env: this.environment(indexUrl, extra),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const outcome = new Promise<Outcome>((done) => {
      child.on('close', (code, signal) => {
        this.#children.delete(child);
        done({ code, signal, output });
      });
    });
    return { child, outcome };
  }

  setUp(indexUrl: string, extra: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return this.start(indexUrl, extra).outcome;
  }

  /** What lies in the cache that someone could take for an installed thing. */
  installed(): string[] {
    return ['engines', 'weights'].flatMap((folder) => (existsSync(join(this.cache, folder)) ? readdirSync(join(this.cache, folder)) : []));
  }

  /** Everything below the cache but the downloads and folders. */
  leftovers(): string[] {
    if (!existsSync(this.cache)) return [];
    return readdirSync(this.cache).filter((name) => !['downloads', 'engines', 'weights'].includes(name));
  }

  clear(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

let builtBinding: string | null = null;

/** The stand-in for the compiled binding, built once by the real compiler. */
function fakeBinding(): string {
  if (builtBinding === null) {
    const file = join(mkdtempSync(join(tmpdir(), 'penumbra-binding-')), 'fake_binding.node');
    const headers = join(repository, 'node_modules', `node-${process.platform}-${process.arch}`, 'include', 'node');
    execFileSync('g++', ['-x', 'c++', '-shared', '-fPIC', '-I', headers, join(supportDir, 'fake_binding.c'), '-o', file]);
    builtBinding = file;
  }
  return builtBinding;
}
