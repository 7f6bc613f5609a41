/** What the page uses and Chromium 83 lacks. For the old Electron of these tests alone; loaded before the page's own script. */
/* eslint-disable @typescript-eslint/no-explicit-any */
type Loose = Record<string, any>;

function add(target: object, name: string | symbol, value: unknown): void {
  if (!(name in target)) Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

function at(this: ArrayLike<unknown>, index: number): unknown {
  const whole = Math.trunc(index) || 0;
  return this[whole < 0 ? this.length + whole : whole];
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
for (const prototype of [Array.prototype, String.prototype, typedArray]) add(prototype, 'at', at);
for (const prototype of [Array.prototype, typedArray]) {
  add(prototype, 'findLast', function (this: unknown[], match: (item: unknown, index: number) => boolean) {
    for (let index = this.length - 1; index >= 0; index--) if (match(this[index], index)) return this[index];
    return undefined;
  });
  add(prototype, 'findLastIndex', function (this: unknown[], match: (item: unknown, index: number) => boolean) {
    for (let index = this.length - 1; index >= 0; index--) if (match(this[index], index)) return index;
    return -1;
  });
  add(prototype, 'toSorted', function (this: unknown[], order?: (a: unknown, b: unknown) => number) {
    return this.slice().sort(order);
  });
  add(prototype, 'toReversed', function (this: unknown[]) {
    return this.slice().reverse();
  });
  add(prototype, 'with', function (this: unknown[], index: number, value: unknown) {
    const copy = this.slice();
    copy[index < 0 ? copy.length + index : index] = value;
    return copy;
  });
}
add(Object, 'hasOwn', (target: object, name: PropertyKey) => Object.prototype.hasOwnProperty.call(target, name));
add(Object, 'groupBy', (items: Iterable<unknown>, key: (item: unknown, index: number) => PropertyKey) => {
  const groups = Object.create(null) as Record<PropertyKey, unknown[]>;
  let index = 0;
  for (const item of items) (groups[key(item, index++)] ??= []).push(item);
  return groups;
});
add(Map, 'groupBy', (items: Iterable<unknown>, key: (item: unknown, index: number) => unknown) => {
  const groups = new Map<unknown, unknown[]>();
  let index = 0;
  for (const item of items) {
    const name = key(item, index++);
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return groups;
});
add(String.prototype, 'replaceAll', function (this: string, from: string | RegExp, to: string) {
  return typeof from === 'string' ? this.split(from).join(to) : this.replace(from, to);
});
add(Promise, 'withResolvers', () => {
  const parts: Loose = {};
  parts['promise'] = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
});
add(globalThis, 'structuredClone', (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown);
add(crypto, 'randomUUID', () =>
  '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
    (Number(digit) ^ ((crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) & (15 >> (Number(digit) / 4)))).toString(16),
  ),
);
add(globalThis, 'WeakRef', class<T> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  deref(): T {
    return this.#value;
  }
});
add(AbortSignal, 'timeout', (ms: number) => {
  const control = new AbortController();
  setTimeout(() => control.abort(), ms);
  return control.signal;
});
add(AbortSignal, 'any', (signals: AbortSignal[]) => {
  const control = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) control.abort();
    else signal.addEventListener('abort', () => control.abort());
  }
  return control.signal;
});
add(AbortSignal.prototype, 'throwIfAborted', function (this: AbortSignal) {
  if (this.aborted) throw new DOMException('aborted', 'AbortError');
});
add(ReadableStream.prototype, Symbol.asyncIterator, async function* (this: ReadableStream) {
  const reader = this.getReader();
  for (;;) {
    const next = (await reader.read()) as { done: boolean; value: unknown };
    if (next.done) return;
    yield next.value;
  }
});
add(Element.prototype, 'replaceChildren', function (this: Element, ...children: Node[]) {
  while (this.firstChild !== null) this.removeChild(this.firstChild);
  this.append(...children);
});
export {};
