/**
 * Preloaded with --import: makes the file system fail where a real one might.
 * BAD_DISK_FULL_AFTER=N: the disk takes N bytes, then says ENOSPC. BAD_DISK_KILL_AFTER=N: the process is killed at byte N.
 * BAD_DISK_READ_ONLY=DIR: no folder can be made below DIR.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const fullAfter = Number(process.env['BAD_DISK_FULL_AFTER'] ?? Infinity);
const killAfter = Number(process.env['BAD_DISK_KILL_AFTER'] ?? Infinity);
const readOnly = process.env['BAD_DISK_READ_ONLY'];
let written = 0;

/** @param {number} bytes @param {(error: Error) => void} done @returns {boolean} true when the write was taken over */
function strike(bytes, done) {
  written += bytes;
  if (written > killAfter) process.kill(process.pid, 'SIGKILL');
  if (written <= fullAfter) return false;
  process.nextTick(done, Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
  return true;
}

const { write, writev, mkdirSync } = fs;
Object.assign(fs, {
  /** @param {number} fd @param {Buffer} buffer @param {...any} rest */
  write(fd, buffer, ...rest) {
    if (strike(buffer.length, rest.at(-1))) return;
    /** @type {any} */ (write)(fd, buffer, ...rest);
  },
  /** @param {number} fd @param {Buffer[]} buffers @param {...any} rest */
  writev(fd, buffers, ...rest) {
    if (
      strike(
        buffers.reduce((sum, buffer) => sum + buffer.length, 0),
        rest.at(-1),
      )
    )
      return;
    /** @type {any} */ (writev)(fd, buffers, ...rest);
  },
  /** @param {string} dir @param {any} options */
  mkdirSync(dir, options) {
    if (readOnly !== undefined && dir.startsWith(readOnly))
      throw Object.assign(new Error(`EROFS: read-only file system, mkdir '${dir}'`), { code: 'EROFS' });
    return mkdirSync(dir, options);
  },
});
syncBuiltinESMExports();
