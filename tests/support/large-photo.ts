import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { crc32, createDeflate } from 'node:zlib';
import sharp from 'sharp';

interface Size {
  readonly width: number; // px
  readonly height: number; // px
}

/** Upper left, upper right, lower left, lower right quarter of the photo. */
export const QUARTERS = [
  [40, 90, 140],
  [200, 160, 60],
  [90, 150, 70],
  [160, 60, 120],
] as const;

/** A JPEG of four plain quarters, of any size: written as a stream, in little memory. */
export async function writeLargePhoto(file: string, { width, height }: Size): Promise<void> {
  await sharp(Buffer.from(QUARTERS.flat()), { raw: { width: 2, height: 2, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .jpeg({ quality: 80, optimiseCoding: false })
    .toFile(file);
}

/** An 8-bit palette PNG of background everywhere, of any size: written as a stream, in little memory. */
export async function writeEmptyLabels(file: string, { width, height }: Size): Promise<void> {
  const out = createWriteStream(file);
  const chunk = (type: string, data: Uint8Array): void => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(body));
    out.write(Buffer.concat([length, body, checksum]));
  };
  out.write(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // 8 bits, palette
  chunk('IHDR', header);
  chunk('PLTE', Buffer.alloc(256 * 3));
  const deflate = createDeflate({ level: 1 });
  deflate.on('data', (data: Buffer) => chunk('IDAT', data));
  const rows = Buffer.alloc((width + 1) * 64);
  for (let row = 0; row < height; row += 64) {
    if (!deflate.write(rows.subarray(0, (width + 1) * Math.min(64, height - row)))) await once(deflate, 'drain');
  }
  deflate.end();
  await finished(deflate);
  chunk('IEND', Buffer.alloc(0));
  out.end();
  await finished(out);
}
