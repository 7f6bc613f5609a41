/** Bounds how much runs at once. What somebody waits for goes first, the newest wish before older ones: a grid that scrolls asks for what is seen now last. */
export class Slots {
  readonly #wanted: (() => void)[] = [];
  readonly #background: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>, priority: 'wanted' | 'background' = 'wanted'): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => (priority === 'wanted' ? this.#wanted : this.#background).push(resolve));
    try {
      return await work();
    } finally {
      // The slot goes over to the next, or becomes free.
      const next = this.#wanted.pop() ?? this.#background.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
