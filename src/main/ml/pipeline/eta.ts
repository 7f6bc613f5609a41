/** Estimates the time left from progress made in this process, over a sliding window so that a slow start is forgotten. */
export class EtaEstimator {
  readonly #samples: { atMs: number; done: number }[] = [];
  readonly #windowMs: number;

  constructor(windowMs = 60_000) {
    this.#windowMs = windowMs;
  }

  /** Seconds left, or null while nothing can be said. */
  update(nowMs: number, done: number, total: number): number | null {
    const newest = this.#samples.at(-1);
    if (newest !== undefined && done < newest.done) this.#samples.length = 0; // the count began anew
    this.#samples.push({ atMs: nowMs, done });
    // The oldest sample kept is the last one that still covers the whole window.
    while (this.#samples.length > 2 && (this.#samples[1]?.atMs ?? nowMs) <= nowMs - this.#windowMs) this.#samples.shift();
    if (this.#samples.length > 512) this.#samples.splice(1, 256); // thins out the middle; both ends carry the rate
    const oldest = this.#samples[0];
    if (oldest === undefined || total <= 0) return null;
    const elapsedMs = nowMs - oldest.atMs;
    const progress = done - oldest.done;
    if (done >= total) return 0;
    if (elapsedMs <= 0 || progress <= 0) return null;
    return ((total - done) * elapsedMs) / progress / 1000;
  }
}
