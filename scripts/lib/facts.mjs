/**
 * What is installed and what brings the rest, for `penumbra doctor`. Works with nothing but Node; engines are tried in
 * processes of their own.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheRoot, dataRoot, installedEngines, readManifest, repositoryRoot, weightsInstalled } from './cache.mjs';
import { findCompiler } from './compile-binding.mjs';
import { electronInPlace, whyNoWindow } from './electron.mjs';
import { SetupError } from './errors.mjs';
import { packagesInPlace } from './packages.mjs';
import { capture, findProgram, pipVersion } from './pip.mjs';
import { pinnedNode } from './pinned-node.mjs';
import { megabytes } from './say.mjs';

/**
 * One line of the doctor; the same shape as DoctorItem of the API contract.
 * @typedef {{ id: string, title: string, state: 'ok' | 'missing' | 'broken' | 'optional', found: string, remedy: string | null }} Fact
 */

const SETUP = 'npm run setup';
const PROBE_LIMIT_MS = 60_000;
/** Below this a run soon fails for lack of space. */
const LOW_DISK_BYTES = 2e9;
/** Software Vulkan as Debian's chromium brings it; lets WebGPU load where no GPU driver does. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** @returns {Fact} */
function nodeFact() {
  const major = Number(process.versions.node.split('.')[0]);
  return {
    id: 'node',
    title: 'Node that runs this',
    state: major >= 20 ? 'ok' : 'broken',
    found: process.versions.node,
    remedy: major >= 20 ? null : 'install Node 20 or newer',
  };
}

/** @returns {Promise<Fact>} */
async function pinnedNodeFact() {
  const item = { id: 'pinned-node', title: 'Pinned Node' };
  const node = pinnedNode();
  if (node === null) return { ...item, state: 'missing', found: 'not installed', remedy: SETUP };
  const asked = await capture(node, ['--version']);
  if (asked.code !== 0) return { ...item, state: 'broken', found: 'does not start', remedy: `rm -r node_modules && ${SETUP}` };
  return { ...item, state: 'ok', found: asked.stdout.trim().replace(/^v/, ''), remedy: null };
}

/** @returns {Fact} */
function packagesFact() {
  const item = { id: 'packages', title: 'npm packages' };
  if (packagesInPlace()) return { ...item, state: 'ok', found: 'as package-lock.json names them', remedy: null };
  const some = existsSync(join(repositoryRoot, 'node_modules'));
  return {
    ...item,
    state: some ? 'broken' : 'missing',
    found: some ? 'other than package-lock.json names' : 'not installed',
    remedy: SETUP,
  };
}

/** What the set-up needs of the system; optional once the engine is in place. @returns {Promise<Fact[]>} */
async function toolFacts() {
  const need = installedEngines().length > 0 ? 'optional' : 'missing';
  /** @type {(item: { id: string, title: string }, look: () => Promise<string> | string) => Promise<Fact>} */
  const tool = async (item, look) => {
    try {
      return { ...item, state: 'ok', found: await look(), remedy: null };
    } catch (thrown) {
      if (!(thrown instanceof SetupError)) throw thrown;
      return {
        ...item,
        state: need,
        found: need === 'optional' ? 'not found; needed only to install an engine' : 'not found',
        remedy: thrown.remedy,
      };
    }
  };
  return [
    await tool({ id: 'pip', title: 'Python with pip' }, async () => `pip ${await pipVersion()}`),
    await tool({ id: 'compiler', title: 'C++ compiler' }, async () => {
      const asked = await capture(findCompiler(), ['--version']);
      return asked.stdout.split('\n')[0] ?? '';
    }),
  ];
}

/** @param {string | null} gpu @returns {Fact[]} */
function engineFacts(gpu) {
  const engines = installedEngines();
  const { variants } = readManifest('engine');
  /** @param {import('./cache.mjs').EngineVariant} variant */
  const found = (variant) => engines.find((engine) => engine.variant === variant);
  const [first] = engines;
  /** @type {Fact} */
  const engine = {
    id: 'engine',
    title: 'Native tensor engine',
    state: first === undefined ? 'missing' : 'ok',
    found:
      first === undefined
        ? 'not installed'
        : engines
            .map(
              (item) => `TensorFlow ${item.tensorflow ?? '(version unknown)'}, ${item.variant === 'gpu' ? 'CUDA 12 build' : 'CPU build'}`,
            )
            .join('; '),
    remedy: first === undefined ? SETUP : null,
  };
  if (found('gpu') !== undefined) return [engine];
  const download = megabytes(variants.gpu.wheels.reduce((sum, wheel) => sum + wheel.bytes, 0));
  return [
    engine,
    {
      id: 'engine-gpu',
      title: 'CUDA build of the engine',
      state: 'optional',
      found:
        gpu === null ? 'not installed; useful only with an NVIDIA GPU' : `not installed, though there is a GPU (${download} to download)`,
      remedy: `${SETUP} -- --gpu`,
    },
  ];
}

/** @returns {Fact[]} */
function weightsFacts() {
  return Object.entries(readManifest('weights').weights).map(([name, spec]) => {
    const there = weightsInstalled(name);
    return {
      id: `weights-${name}`,
      title: 'Backbone weights',
      state: there ? 'ok' : 'missing',
      found: there ? spec.title : `${spec.title}: not installed`,
      remedy: there ? null : SETUP,
    };
  });
}

/** Name and driver of the NVIDIA GPU, or null. @returns {Promise<string | null>} */
async function nvidiaGpu() {
  const tool = findProgram('nvidia-smi');
  if (tool !== null) {
    const asked = await capture(tool, ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader']);
    const names = asked.stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '');
    if (asked.code === 0 && names.length > 0) return names.map((line) => line.replace(/, ([^,]*)$/, ', driver $1')).join('; ');
  }
  const proc = '/proc/driver/nvidia/version';
  if (!existsSync(proc)) return null;
  return (
    /Kernel Module\s+(?:for \S+\s+)?([\d.]+)/.exec(readFileSync(proc, 'utf8'))?.[1]?.replace(/^/, 'NVIDIA, driver ') ??
    'NVIDIA, driver version unknown'
  );
}

/** @param {string | null} gpu @returns {Fact} */
function gpuFact(gpu) {
  return {
    id: 'gpu',
    title: 'NVIDIA GPU',
    state: gpu === null ? 'optional' : 'ok',
    found: gpu ?? 'none found; the CPU is used',
    remedy: null,
  };
}

/** @param {'native' | 'webgpu' | 'cpu'} id @param {NodeJS.ProcessEnv} env */
async function probe(id, env) {
  const node = pinnedNode();
  if (node === null) return { ok: false, text: 'the pinned Node is not installed' };
  const script = join(repositoryRoot, 'src/main/ml/backend/probe.ts');
  const limit = AbortSignal.timeout(PROBE_LIMIT_MS);
  const asked = await capture(node, [script, id], { env: { ...env, TF_CPP_MIN_LOG_LEVEL: '3' }, signal: limit });
  if (limit.aborted) return { ok: false, text: `no answer after ${PROBE_LIMIT_MS / 1000} s` };
  try {
    const answer = JSON.parse(asked.stdout.trim().split('\n').at(-1) ?? '');
    return answer.ok === true ? { ok: true, text: String(answer.description) } : { ok: false, text: String(answer.error.message) };
  } catch {
    return {
      ok: false,
      text: `ended with code ${asked.code}${asked.stderr === '' ? '' : `: ${asked.stderr.trim().split('\n').at(-1) ?? ''}`}`,
    };
  }
}

const NATIVE = 'Backend native';
const WEBGPU = 'Backend WebGPU';
const JAVASCRIPT = 'Backend plain JavaScript';

/** Each backend, tried in a process of its own: one that crashes is reported, not suffered. @returns {Promise<Fact[]>} */
async function backendFacts() {
  const item = (/** @type {string} */ id, /** @type {string} */ title) => ({ id: `backend-${id}`, title });
  if (pinnedNode() === null) {
    const untried = { state: /** @type {const} */ ('missing'), found: 'not tried; the pinned Node is not installed', remedy: SETUP };
    return [
      { ...item('native', NATIVE), ...untried },
      { ...item('webgpu', WEBGPU), ...untried },
      { ...item('cpu', JAVASCRIPT), ...untried },
    ];
  }
  const native = await probe('native', process.env);
  let webgpu = await probe('webgpu', process.env);
  let driver = '';
  if (!webgpu.ok && process.env['VK_DRIVER_FILES'] === undefined && existsSync(SWIFTSHADER)) {
    const software = await probe('webgpu', { ...process.env, VK_DRIVER_FILES: SWIFTSHADER });
    if (software.ok) driver = `VK_DRIVER_FILES=${SWIFTSHADER}`;
    if (software.ok) webgpu = { ok: false, text: `${software.text}, only with a software driver` };
  }
  const cpu = await probe('cpu', process.env);
  const noEngine = installedEngines().length === 0;
  return [
    {
      ...item('native', NATIVE),
      state: native.ok ? 'ok' : noEngine ? 'missing' : 'broken',
      found: native.text,
      remedy: native.ok ? null : noEngine ? SETUP : `rm -r "${installedEngines()[0]?.dir ?? cacheRoot()}" && ${SETUP}`,
    },
    {
      ...item('webgpu', WEBGPU),
      state: webgpu.ok ? 'ok' : 'optional',
      found: webgpu.text,
      remedy: webgpu.ok
        ? null
        : driver === ''
          ? "install your GPU's Vulkan driver (Debian, Ubuntu: sudo apt-get install libvulkan1 mesa-vulkan-drivers)"
          : `set ${driver}`,
    },
    { ...item('cpu', JAVASCRIPT), state: cpu.ok ? 'ok' : 'broken', found: cpu.text, remedy: cpu.ok ? null : SETUP },
  ];
}

/**
 * Electron only adds a window of its own: whatever is said here, `npm start` opens in the browser where there is none.
 * @param {import('./cache.mjs').Environment} [env]
 * @param {string} [packageDir]
 * @returns {Fact}
 */
export function electronFact(env = process.env, packageDir = join(repositoryRoot, 'node_modules', 'electron')) {
  const item = { id: 'electron', title: 'Electron' };
  const own = (env['ELECTRON_OVERRIDE_DIST_PATH'] ?? '') !== '';
  const electron = electronInPlace(env, packageDir);
  const obstacle = whyNoWindow(env);
  const browser = obstacle === null ? '' : `; ${obstacle}, so npm start opens in the browser`;
  if (electron.program !== null) {
    const version = own ? 'the one that ELECTRON_OVERRIDE_DIST_PATH names' : String(JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')).version);
    return { ...item, state: 'ok', found: `${version}${browser}`, remedy: null };
  }
  if (own) return { ...item, state: 'broken', found: electron.reason, remedy: 'unset ELECTRON_OVERRIDE_DIST_PATH' };
  if (obstacle !== null) return { ...item, state: 'optional', found: `not downloaded${browser}`, remedy: null };
  // npm start downloads it too, yet for a day not after a download that failed.
  const remedy = existsSync(join(packageDir, 'install.js')) ? 'npx install-electron' : SETUP;
  return { ...item, state: 'optional', found: 'not downloaded; without it npm start opens in the browser', remedy };
}

/** @param {string} dir */
function folderBytes(dir) {
  if (!existsSync(dir)) return 0;
  let sum = 0;
  for (const name of /** @type {string[]} */ (readdirSync(dir, { recursive: true }))) {
    const found = lstatSync(join(dir, name), { throwIfNoEntry: false });
    if (found?.isFile() === true) sum += found.size;
  }
  return sum;
}

/** @param {string} dir */
function freeBytes(dir) {
  let existing = dir;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  return bavail * bsize;
}

/** @returns {Fact[]} */
function storageFacts() {
  const free = Math.min(freeBytes(cacheRoot()), freeBytes(dataRoot()));
  const enough = free >= LOW_DISK_BYTES;
  return [
    { id: 'cache', title: 'Cache', state: 'ok', found: megabytes(folderBytes(cacheRoot())), remedy: null },
    {
      id: 'disk',
      title: 'Free disk',
      state: enough ? 'ok' : 'broken',
      found: megabytes(free),
      remedy: enough ? null : `free some space; ${megabytes(LOW_DISK_BYTES)} is the least that is useful`,
    },
  ];
}

/**
 * Everything the doctor tells, in the order it is shown.
 * @returns {Promise<Fact[]>}
 */
export async function collectFacts() {
  const gpu = await nvidiaGpu();
  return [
    nodeFact(),
    await pinnedNodeFact(),
    packagesFact(),
    ...(await toolFacts()),
    ...engineFacts(gpu),
    ...weightsFacts(),
    gpuFact(gpu),
    ...(await backendFacts()),
    electronFact(),
    ...storageFacts(),
  ];
}

/** The facts as a list for a person. @param {readonly Fact[]} items */
export function factsText(items) {
  const width = Math.max(...items.map((item) => item.title.length));
  const mark = { ok: '✓', missing: '✗', broken: '✗', optional: '–' };
  return items
    .flatMap((item) => [
      `${mark[item.state]}  ${item.title.padEnd(width)}  ${item.found}`,
      ...(item.remedy === null ? [] : [`   ${''.padEnd(width)}  → ${item.remedy}`]),
    ])
    .join('\n');
}
