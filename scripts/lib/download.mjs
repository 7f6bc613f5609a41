/** Downloads a pinned file: goes on where an earlier try stopped, checks size and hash, and names the file only when all is right. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { errorCode, fileError, SetupError } from './errors.mjs';
import { get, UnsupportedProxyError } from './http.mjs';
import { megabytes } from './say.mjs';

/** @typedef {{ title: string, sha256: string, bytes: number }} Expected */

const FRUITLESS_TRIES = 5;
const FIRST_PAUSE_MS = 500;
const DISK_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO']);

/** @param {string} file @returns {Promise<string>} sha256 in hex */
export async function hashFile(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}

/** Size of a file, 0 when it is not there. */
function sizeOf(/** @type {string} */ file) {
  return existsSync(file) ? statSync(file).size : 0;
}

/** The server answered, but not with the file: trying again will not help. */
class RefusedError extends Error {}

/**
 * Appends what is missing of `part`. Returns when the transfer ended, whole or cut.
 * @param {import('./pip.mjs').WheelSource} source
 * @param {string} part
 * @param {Expected} expected
 * @param {(bytes: number) => void} onSize called with the size of the part so far
 */
async function fetchRest(source, part, expected, onSize) {
  const have = sizeOf(part);
  const range = have > 0 ? { Range: `bytes=${have}-` } : {};
  const response = await get(source.url, {
    ...source,
    headers: { ...source.headers, 'Accept-Encoding': 'identity', 'User-Agent': 'penumbra-setup', ...range },
  });
  const status = response.statusCode ?? 0;
  let from = have;
  if (status === 200) {
    // No Range support, or nothing here yet: the whole file comes.
    from = 0;
    const offered = response.headers['content-length'];
    if (offered !== undefined && Number(offered) !== expected.bytes) {
      response.destroy();
      throw new RefusedError(`the server offers a file of ${offered} bytes, expected ${expected.bytes}`);
    }
  } else if (status === 206) {
    const start = Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1] ?? NaN);
    if (start !== have) {
      response.destroy();
      throw new RefusedError(`the server sent bytes from ${start}, asked were bytes from ${have}`);
    }
  } else if (status === 416) {
    response.destroy();
    rmSync(part, { force: true });
    return;
  } else {
    response.destroy();
    const message = `HTTP ${status}`;
    if (status >= 500 || status === 429 || status === 408) throw new Error(message);
    throw new RefusedError(message);
  }
  let size = from;
  const measure = new Transform({
    transform(/** @type {Buffer} */ chunk, _encoding, done) {
      size += chunk.length;
      if (size > expected.bytes) {
        done(new RefusedError(`the server sends more than the expected ${expected.bytes} bytes`));
        return;
      }
      onSize(size);
      done(null, chunk);
    },
  });
  await pipeline(response, measure, createWriteStream(part, { flags: from === 0 ? 'w' : 'a' }));
}

/**
 * Fetches until the part is whole; gives up after a few tries that brought nothing.
 * @param {import('./pip.mjs').WheelSource} source
 * @param {string} part
 * @param {Expected} expected
 * @param {import('./say.mjs').Say} say
 */
async function fetchWhole(source, part, expected, say) {
  const already = sizeOf(part);
  if (already > 0) say.line(`${expected.title}: going on after the first ${megabytes(already)}.`);
  const progress = say.progress(expected.title, expected.bytes, already);
  let fruitless = 0;
  while (sizeOf(part) < expected.bytes) {
    const before = sizeOf(part);
    try {
      await fetchRest(source, part, expected, progress.update);
      if (sizeOf(part) < expected.bytes) throw new Error('the server ended the transfer early');
    } catch (thrown) {
      if (DISK_ERRORS.has(errorCode(thrown) ?? '')) throw fileError(thrown, `downloading ${expected.title}`, part);
      if (thrown instanceof UnsupportedProxyError) throw thrown;
      if (thrown instanceof RefusedError) {
        throw new SetupError(
          'DOWNLOAD_FAILED',
          `Downloading ${expected.title} from ${new URL(source.url).host} failed: ${thrown.message}.`,
          'Look at the package index that pip is configured for (python3 -m pip config list), then run the same command again.',
          thrown,
        );
      }
      fruitless = sizeOf(part) > before ? 0 : fruitless + 1;
      if (fruitless >= FRUITLESS_TRIES) {
        const reason = thrown instanceof Error ? thrown.message || (errorCode(thrown) ?? thrown.name) : String(thrown);
        throw new SetupError(
          'NO_NETWORK',
          `Downloading ${expected.title} from ${new URL(source.url).host} failed ${FRUITLESS_TRIES} times: ${reason}. ` +
            `${megabytes(sizeOf(part))} of ${megabytes(expected.bytes)} are here.`,
          'Run the same command again when the network is back; it goes on where it stopped.',
          thrown,
        );
      }
      await sleep(FIRST_PAUSE_MS * 2 ** Math.max(0, fruitless - 1));
    }
  }
  progress.end();
}

/**
 * Puts the pinned file at `file`. A cut transfer is continued, also by a later process, from `file.part`.
 * Errors: NO_NETWORK, DOWNLOAD_FAILED, WRONG_HASH, DISK_FULL, NOT_WRITABLE; UnsupportedProxyError is left to the caller.
 * @param {import('./pip.mjs').WheelSource} source
 * @param {string} file
 * @param {Expected} expected
 * @param {import('./say.mjs').Say} say
 */
export async function download(source, file, expected, say) {
  const part = `${file}.part`;
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (thrown) {
    throw fileError(thrown, `downloading ${expected.title}`, file);
  }
  if (source.url.startsWith('file:')) {
    try {
      await copyFile(fileURLToPath(source.url), part);
    } catch (thrown) {
      throw fileError(thrown, `copying ${expected.title}`, part);
    }
    await accept(part, file, expected);
    return;
  }
  if (sizeOf(part) > expected.bytes) rmSync(part);
  const resumed = sizeOf(part) > 0;
  await fetchWhole(source, part, expected, say);
  try {
    await accept(part, file, expected);
  } catch (thrown) {
    // The earlier part may be what was wrong: one clean try settles it.
    if (!resumed || !(thrown instanceof SetupError)) throw thrown;
    say.line(`${expected.title}: the earlier part was damaged; downloading it anew.`);
    await fetchWhole(source, part, expected, say);
    await accept(part, file, expected);
  }
}

/**
 * Checks the part and gives it its name; a wrong one is deleted, since nothing can be saved of it.
 * @param {string} part
 * @param {string} file
 * @param {Expected} expected
 */
async function accept(part, file, expected) {
  const found = await hashFile(part);
  if (found !== expected.sha256) {
    rmSync(part, { force: true });
    throw new SetupError(
      'WRONG_HASH',
      `${expected.title} is not the pinned file: its sha256 is ${found}, expected ${expected.sha256}.`,
      'It was deleted and nothing was installed. Run the same command again; ' +
        'if it repeats, the package index or a proxy serves an altered file: use another index.',
    );
  }
  renameSync(part, file);
}
