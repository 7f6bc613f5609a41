/**
 * IEEE binary16 to and from numbers, rounding to nearest, ties to even, straight from the number's double precision.
 * NaN keeps its sign and becomes quiet; values beyond ±65504 round to infinity as the standard says.
 */
const scratch = new DataView(new ArrayBuffer(8));

/** The binary16 bits nearest to `value`. */
export function toFloat16Bits(value: number): number {
  scratch.setFloat64(0, value);
  const high = scratch.getUint32(0);
  const sign = (high >>> 16) & 0x8000;
  if (Number.isNaN(value)) return sign | 0x7e00;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00; // half-way between 65504 and the next step rounds to even, that is up
  const exponent = magnitude < 2 ** -14 ? -14 : ((high >>> 20) & 0x7ff) - 1023;
  // Steps of the number's binade: 2^(exponent - 10); both divisions are exact.
  const steps = roundHalfEven(magnitude / 2 ** (exponent - 10));
  // A subnormal has steps < 1024; a carry to 2048 moves into the next exponent by itself.
  return sign | (magnitude < 2 ** -14 ? steps : ((exponent + 14) << 10) + steps);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}

/** The number that binary16 bits stand for. */
export function fromFloat16Bits(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Every value rounded to binary16 bits. */
export function encodeFloat16(values: ArrayLike<number>): Uint16Array {
  const bits = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) bits[index] = toFloat16Bits(values[index] ?? 0);
  return bits;
}

let table: Float32Array | undefined;

/** Binary16 bits as float32 values, exactly. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 0x10000 }, (_, index) => fromFloat16Bits(index));
  const values = new Float32Array(bits.length);
  for (let index = 0; index < values.length; index++) values[index] = table[bits[index] ?? 0] ?? 0;
  return values;
}
