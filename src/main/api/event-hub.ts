import type { AnyEvent, EventName } from '#shared/contract/index.ts';
import type { EventEnvelope, EventPayload } from '#shared/contract/define.ts';

type EventNamed<N extends EventName> = Extract<AnyEvent, { readonly name: N }>;
export type Publish = <N extends EventName>(name: N, payload: EventPayload<EventNamed<N>>) => void;

/** What a reader who has seen events up to some number is owed. */
export interface Backlog {
  /** False when events between were dropped or belong to another core: the reader must fetch state anew. */
  readonly complete: boolean;
  readonly events: readonly EventEnvelope[];
}

/**
 * Numbers events and keeps the newest ones for readers that come back.
 * Numbers start at `firstNumber`, which the core sets to its start time in milliseconds: a reader that followed an earlier
 * core therefore always stands before the oldest kept event and is told to resync, instead of mistaking new numbers for old.
 */
export class EventHub {
  readonly #capacity: number;
  readonly #kept: EventEnvelope[] = [];
  readonly #readers = new Set<(event: EventEnvelope) => void>();
  readonly #firstNumber: number;
  #last: number;

  constructor(options: { firstNumber: number; capacity?: number }) {
    this.#firstNumber = options.firstNumber;
    this.#last = options.firstNumber;
    this.#capacity = options.capacity ?? 2000;
  }

  /** Number of the newest event; the start number when there was none. */
  get last(): number {
    return this.#last;
  }

  readonly publish: Publish = (name, payload) => {
    this.#last += 1;
    const event: EventEnvelope = { number: this.#last, name, payload };
    this.#kept.push(event);
    if (this.#kept.length > this.#capacity) this.#kept.shift();
    for (const reader of this.#readers) reader(event);
  };

  /** Events after `number`, oldest first. */
  after(number: number): Backlog {
    const oldest = this.#kept[0]?.number ?? this.#last + 1;
    const known = number >= this.#firstNumber && number <= this.#last;
    if (!known || number < oldest - 1) return { complete: false, events: [] };
    return { complete: true, events: this.#kept.filter((event) => event.number > number) };
  }

  subscribe(reader: (event: EventEnvelope) => void): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }
}
