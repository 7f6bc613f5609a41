/** Messages of the set-up: to stderr, so that stdout stays free for --json. One moving line on a terminal, plain lines elsewhere. */

const PLAIN_INTERVAL_MS = 5000;
const TTY_INTERVAL_MS = 100;

/** @typedef {ReturnType<typeof createSay>} Say */

/** @param {number} bytes */
export function megabytes(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(bytes >= 1e8 ? 0 : 1)} MB`;
}

/** @param {number} seconds */
function duration(seconds) {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole} s`;
}

export function createSay(/** @type {NodeJS.WriteStream} */ stream = process.stderr, now = () => performance.now()) {
  const moving = stream.isTTY;
  let lineOpen = false;
  const closeLine = () => {
    if (lineOpen) stream.write('\n');
    lineOpen = false;
  };
  return {
    /** One line of plain text. */
    line(/** @type {string} */ text) {
      closeLine();
      stream.write(`${text}\n`);
    },
    /**
     * Progress in bytes; call the result often, it prints seldom.
     * @param {string} title
     * @param {number} total bytes
     * @param {number} already bytes that were there before, which say nothing about speed
     */
    progress(title, total, already = 0) {
      const startedMs = now();
      let printedMs = moving ? -Infinity : startedMs;
      return {
        update: (/** @type {number} */ done) => {
          const atMs = now();
          const finished = done >= total;
          if (!finished && atMs - printedMs < (moving ? TTY_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
          printedMs = atMs;
          const bytesPerSecond = (done - already) / Math.max((atMs - startedMs) / 1000, 1e-3);
          const rate = `${megabytes(bytesPerSecond)}/s`;
          const rest = finished ? '' : `, ${duration((total - done) / bytesPerSecond)} left`;
          const text = `${title}: ${megabytes(done)} of ${megabytes(total)}, ${rate}${rest}`;
          if (moving) {
            stream.write(`\r\u001b[K${text}`);
            lineOpen = true;
          } else {
            stream.write(`${text}\n`);
          }
        },
        end: closeLine,
      };
    },
  };
}
