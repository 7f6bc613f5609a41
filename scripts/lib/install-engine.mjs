/** Installs the native tensor engine into the cache: pinned wheels, the libraries out of them, and the binding built against those. */
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineDir, readEngineRecord, readManifest } from './cache.mjs';
import { compileBinding, findCompiler, loadOnce } from './compile-binding.mjs';
import { SetupError } from './errors.mjs';
import { withLock } from './lock.mjs';
import { cacheLock, placeFolder } from './staging.mjs';
import { bringWheels, dropWheels, unpack } from './wheels.mjs';

/** @typedef {import('./cache.mjs').EngineVariant} EngineVariant */

/** @param {EngineVariant} variant */
function engineInPlace(variant) {
  return readEngineRecord(engineDir(variant)) !== null;
}

/** @param {string} dir @returns {Record<string, number>} relative path → bytes */
function listFiles(dir) {
  /** @type {Record<string, number>} */
  const files = {};
  for (const name of /** @type {string[]} */ (readdirSync(dir, { recursive: true }))) {
    const found = statSync(join(dir, name));
    if (found.isFile()) files[name] = found.size;
  }
  return files;
}

/**
 * Installs one variant unless it is in place. Either the whole folder appears in the cache or nothing does.
 * Errors: UNSUPPORTED_PLATFORM, NO_COMPILER, COMPILE_FAILED, LOAD_FAILED and those of the download.
 * @param {EngineVariant} variant
 * @param {import('./say.mjs').Say} say
 */
export async function installEngine(variant, say) {
  if (engineInPlace(variant)) return;
  const spec = readManifest('engine').variants[variant];
  if (process.platform !== spec.platform || process.arch !== spec.arch) {
    throw new SetupError(
      'UNSUPPORTED_PLATFORM',
      `${spec.title} exists for ${spec.platform} ${spec.arch}; this is ${process.platform} ${process.arch}.`,
      'Use the WebGPU backend here, or a Linux x64 machine.',
    );
  }
  // Known before hundreds of megabytes are downloaded.
  findCompiler();
  await withLock(cacheLock(), say, async () => {
    if (engineInPlace(variant)) return;
    await bringWheels(spec.title, spec.wheels, spec.unpackedBytes, say);
    await placeFolder(engineDir(variant), async (dir) => {
      for (const wheel of spec.wheels) {
        await unpack(
          wheel,
          wheel.unpack.map((rule) => rule.from),
          dir,
          say,
        );
      }
      say.line('Compiling the binding to TensorFlow.');
      await compileBinding(dir);
      dropCompileOnly(dir, spec);
      await loadOnce(join(dir, 'tfjs_binding.node'), spec.tensorflow);
      /** @type {import('./cache.mjs').EngineRecord} */
      const record = { format: 1, id: spec.id, variant, tensorflow: spec.tensorflow, files: listFiles(dir) };
      writeFileSync(join(dir, 'engine.json'), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
    });
    dropWheels(spec.wheels);
    say.line(`${spec.title} is in place.`);
  });
}

/** @param {string} dir @param {import('./cache.mjs').EngineSpec} spec */
function dropCompileOnly(dir, spec) {
  if (spec.wheels.some((wheel) => wheel.unpack.some((rule) => rule.keep === 'compile')))
    rmSync(join(dir, 'tensorflow', 'include'), { recursive: true, force: true });
}
