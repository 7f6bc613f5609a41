/** Promises of what was loaded last, so that going back and forth among images is quick. A failed load is forgotten. */
export class RecentLoads<T> {
  readonly #most: number;
  readonly #loads = new Map<string, Promise<T>>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#loads.get(key);
    const promise = known ?? load();
    this.#loads.delete(key);
    this.#loads.set(key, promise);
    if (known === undefined) {
      promise.catch(() => {
        if (this.#loads.get(key) === promise) this.#loads.delete(key);
      });
    }
    for (const oldest of this.#loads.keys()) {
      if (this.#loads.size <= this.#most) break;
      this.#loads.delete(oldest);
    }
    return promise;
  }

  drop(isStale: (key: string) => boolean): void {
    for (const key of [...this.#loads.keys()]) if (isStale(key)) this.#loads.delete(key);
  }
}
