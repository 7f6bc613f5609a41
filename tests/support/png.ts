import { crc32, deflateSync } from 'node:zlib';

export interface PngFacts {
  readonly width: number; // px
  readonly height: number; // px
  readonly depth: number;
  readonly colourType: number;
  readonly interlace?: number;
}

/** A PNG written by hand, so that its header may promise what its data does not hold. */
export function handmadePng(header: PngFacts, inflated: Uint8Array): Buffer {
  const ihdr = Buffer.alloc(13);
  ihdr.writeUInt32BE(header.width, 0);
  ihdr.writeUInt32BE(header.height, 4);
  ihdr.set([header.depth, header.colourType, 0, 0, header.interlace ?? 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', ihdr), chunk('IDAT', deflateSync(inflated)), chunk('IEND', new Uint8Array())]);
}

/** 30,000 × 30,000 px in about 100 kB. The data stops early, which nobody should live to find out. */
export function bombPng(): Buffer {
  let state = 1;
  const noise = Uint8Array.from({ length: 100_000 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return handmadePng({ width: 30_000, height: 30_000, depth: 1, colourType: 0 }, noise);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
