import type { Publish } from './event-hub.ts';

/** A window that closes without a word keeps others out no longer than this. */
const LEASE_MS = 15_000;

interface Lease {
  readonly by: string;
  readonly untilMs: number;
  readonly timer: NodeJS.Timeout;
}

interface HoldAnswer {
  readonly held: boolean;
  readonly by: string;
  /** Unix time in ms. */
  readonly untilMs: number;
}

/**
 * Who paints on which image, so that a second window can say so and stay read-only. In memory alone, and no guard: what keeps two
 * writers apart is the revision that each commit expects.
 */
export class ImageHolds {
  readonly #publish: Publish;
  readonly #now: () => number;
  readonly #leases = new Map<string, Lease>();

  constructor(publish: Publish, options: { now?: () => number } = {}) {
    this.#publish = publish;
    this.#now = options.now ?? Date.now;
  }

  /** Takes the lease, or renews the holder's own; says who has it when another does. */
  take(imageId: string, holder: string): HoldAnswer {
    const before = this.#current(imageId);
    if (before !== undefined && before.by !== holder) return { held: false, by: before.by, untilMs: before.untilMs };
    clearTimeout(this.#leases.get(imageId)?.timer);
    const untilMs = this.#now() + LEASE_MS;
    this.#leases.set(imageId, { by: holder, untilMs, timer: setTimeout(() => this.#drop(imageId), LEASE_MS).unref() });
    if (before === undefined) this.#publish('edits.holdChanged', { imageId, by: holder, untilMs });
    return { held: true, by: holder, untilMs };
  }

  /** False when the holder did not have the image. */
  release(imageId: string, holder: string): boolean {
    if (this.#current(imageId)?.by !== holder) return false;
    this.#drop(imageId);
    return true;
  }

  /** A machine that slept wakes with leases that have ended and timers that have not fired. */
  #current(imageId: string): Lease | undefined {
    const lease = this.#leases.get(imageId);
    return lease !== undefined && lease.untilMs > this.#now() ? lease : undefined;
  }

  #drop(imageId: string): void {
    clearTimeout(this.#leases.get(imageId)?.timer);
    this.#leases.delete(imageId);
    this.#publish('edits.holdChanged', { imageId, by: null, untilMs: 0 });
  }
}
