/** Compiles tfjs-node's own binding against the unpacked TensorFlow, and loads it once to see that it works. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './cache.mjs';
import { SetupError } from './errors.mjs';
import { capture, findProgram } from './pip.mjs';
import { pinnedNode, pinnedNodePackage } from './pinned-node.mjs';

const COMPILER_REMEDY =
  'Install one (Debian, Ubuntu: sudo apt-get install g++; Fedora: sudo dnf install gcc-c++; ' +
  'Arch: sudo pacman -S gcc) or name one in CXX, then run the same command again.';

/** The C++ compiler: $CXX, else g++, c++ or clang++. */
export function findCompiler() {
  const own = process.env['CXX'];
  for (const name of own === undefined || own === '' ? ['g++', 'c++', 'clang++'] : [own]) {
    const path = findProgram(name);
    if (path !== null) return path;
  }
  throw new SetupError(
    'NO_COMPILER',
    `No C++ compiler (${own ?? 'g++, c++ or clang++'}) is on PATH. It is needed once, to build the binding to TensorFlow.`,
    COMPILER_REMEDY,
  );
}

/**
 * Builds `<dir>/tfjs_binding.node`; `<dir>/tensorflow` holds headers and libraries.
 * Errors: NO_COMPILER, COMPILE_FAILED.
 * @param {string} dir
 */
export async function compileBinding(dir) {
  const compiler = findCompiler();
  const modules = join(repositoryRoot, 'node_modules');
  const tfjs = join(modules, '@tensorflow', 'tfjs-node-gpu');
  const sources = readdirSync(join(tfjs, 'binding')).filter((name) => name.endsWith('.cc'));
  const includes = [tfjs, join(modules, '@tensorflow'), join(pinnedNodePackage(), 'include', 'node'), join(dir, 'tensorflow', 'include')];
  const built = await capture(compiler, [
    '-O2',
    '-std=c++17',
    '-fPIC',
    '-shared',
    '-DNAPI_VERSION=8',
    // Lets the engine call fused convolutions, whose attributes are lists.
    '-include',
    join(repositoryRoot, 'resources', 'engine', 'list-attributes.h'),
    ...includes.flatMap((folder) => ['-I', folder]),
    ...sources.sort().map((name) => join(tfjs, 'binding', name)),
    '-o',
    join(dir, 'tfjs_binding.node'),
    '-L',
    join(dir, 'tensorflow'),
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    '-Wl,-rpath,$ORIGIN/tensorflow',
  ]);
  if (built.code === 0) return;
  const said =
    built.stderr
      .split('\n')
      .filter((line) => /error|cannot|No space/i.test(line))
      .slice(0, 3)
      .join(' | ') || built.stderr.trim().slice(-300);
  if (/No space left on device/i.test(built.stderr)) {
    throw new SetupError(
      'DISK_FULL',
      `The disk became full while compiling the binding in ${dir}.`,
      'Free some space (the compiler also uses the folder that TMPDIR names), then run the same command again.',
    );
  }
  throw new SetupError(
    'COMPILE_FAILED',
    `${compiler} could not build the binding to TensorFlow: ${said}`,
    'Use g++ 9 or newer (name it in CXX when there are several), then run the same command again.',
  );
}

/**
 * Loads the binding in the pinned Node, in a process of its own, and compares the TensorFlow version it reports.
 * Errors: LOAD_FAILED.
 * @param {string} binding
 * @param {string} expected version
 */
export async function loadOnce(binding, expected) {
  const node = pinnedNode();
  if (node === null) throw new SetupError('LOAD_FAILED', 'The pinned Node is not installed.', 'Run npm run setup.');
  const tried = await capture(node, ['-e', 'process.stdout.write(String(require(process.argv[1]).TF_Version))', binding], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', NODE_OPTIONS: '' },
  });
  if (tried.code === 0 && tried.stdout === expected) return;
  const why =
    tried.code === 0
      ? `it reports TensorFlow ${tried.stdout}, expected ${expected}`
      : (tried.stderr.split('\n').find((line) => /Error|cannot/.test(line)) ?? `it ended with code ${tried.code}`);
  throw new SetupError(
    'LOAD_FAILED',
    `The binding to TensorFlow was built but does not load: ${why}`,
    'TensorFlow needs Linux x64 with glibc 2.27 or newer and a CPU with AVX. Nothing was installed.',
  );
}
