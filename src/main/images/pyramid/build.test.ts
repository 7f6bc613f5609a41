import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { emptyFolder } from '../../../../tests/support/voc-folder.ts';
import { DISC_THRESHOLD } from '../any-order.ts';
import { buildPyramid } from './build.ts';

const SIZE = { width: 8000, height: 6000 }; // 144 MB of RGB
const folder = emptyFolder('penumbra-tiles-');
afterAll(() => folder.remove());

// libvips keeps the most memory it ever held: measured in this process, which has done nothing else with photos.
it.each([1, 6, 8, 3, 5])('cuts a photo of EXIF orientation %i without holding it in memory', { timeout: 60_000 }, async (orientation) => {
  process.env['VIPS_DISC_THRESHOLD'] = DISC_THRESHOLD;
  sharp.cache(false);
  sharp.concurrency(1);
  const photoPath = join(folder.root, `${orientation}.jpg`);
  const corners = Buffer.from([250, 0, 0, 0, 250, 0, 0, 0, 250, 250, 250, 0]); // red, green, blue, yellow
  const stored = sharp(corners, { raw: { width: 2, height: 2, channels: 3 } }).resize(SIZE.width, SIZE.height, { fit: 'fill', kernel: 'nearest' });
  await stored.withMetadata({ orientation }).jpeg({ optimiseCoding: false }).toFile(photoPath);
  const target = join(folder.root, String(orientation));
  mkdirSync(target);
  const turned = orientation >= 5;
  const size = turned ? { width: SIZE.height, height: SIZE.width } : SIZE;
  await buildPyramid({ photoPath, size, tilePx: 512, target });
  // EXIF 2.3: which stored corner is shown upper left.
  const upperLeft = { 1: [250, 0, 0], 3: [250, 250, 0], 5: [250, 0, 0], 6: [0, 0, 250], 8: [0, 250, 0] }[orientation] ?? [];
  const { data } = await sharp(join(target, '0', '0_0.jpeg')).raw().toBuffer({ resolveWithObject: true });
  for (const [channel, value] of upperLeft.entries()) expect(Math.abs((data[channel] ?? 0) - value)).toBeLessThan(12);
  expect(sharp.cache().memory.high).toBeLessThan(100); // MB
});
