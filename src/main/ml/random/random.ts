import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * Where chance comes from. A stream is a function of its key alone (seed, epoch, image id, …), so the order in which
 * workers finish changes nothing, and a resumed run needs no saved generator state.
 */
export interface Random {
  /** Uniform in [0, 1). */
  unit(): number;
  /** Uniform in [from, to). */
  between(from: number, to: number): number;
  /** Uniform integer, both ends included. */
  integer(from: number, to: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Standard normal (Box–Muller, one of the pair). */
  normal(): number;
}

const WARM_UP_DRAWS = 16;

/** The stream that belongs to a key, such as `randomFor(seed, 'augment', epoch, imageId)`. Equal keys give equal streams. */
export function randomFor(...key: readonly (string | number)[]): Random {
  const generator = xoroshiro128plus(hashKey(key));
  // Its first outputs are simple functions of the 32-bit seed.
  for (let draw = 0; draw < WARM_UP_DRAWS; draw++) generator.next();
  const unit = () => uniformFloat64(generator);
  return {
    unit,
    between: (from, to) => from + (to - from) * unit(),
    integer: (from, to) => uniformInt(generator, from, to),
    chance: (probability) => unit() < probability,
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
  };
}

/** A new array in random order (Fisher–Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.integer(0, last);
    const held = order[last] as T;
    order[last] = order[other] as T;
    order[other] = held;
  }
  return order;
}

/** MurmurHash3 (x86, 32 bit, A. Appleby, public domain) over the key's parts; the separator keeps ('1', '23') apart from ('12', '3'). */
export function hashKey(key: readonly (string | number)[]): number {
  const text = key.map((part) => `${typeof part === 'number' ? 'n' : 's'}${part}`).join('\u0000');
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    let word = Math.imul(text.charCodeAt(index), 0xcc9e2d51);
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash ^= word;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
