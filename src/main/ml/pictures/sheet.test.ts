import { expect, it } from 'vitest';
import { heatSheet } from './heat-sheet.ts';
import { contactSheet, labelPicture, photoPicture } from './sheet.ts';

const pixelOf = ({ width, rgb }: { width: number; rgb: Uint8Array }, x: number, y: number) => [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
const red = [200, 0, 0] as const;

it('photo: -1..1 to 0..255, each pixel the mean of those it covers', () => {
  const pixels = Float32Array.from([-1, 0, 1, 1, 0, 1]); // two pixels side by side
  expect([...photoPicture({ width: 2, height: 1, pixels }, { width: 2, height: 1 }).rgb]).toEqual([0, 128, 255, 255, 128, 255]);
  expect([...photoPicture({ width: 2, height: 1, pixels }, { width: 1, height: 1 }).rgb]).toEqual([128, 128, 255]);
});

it('label map: every pixel has the colour of one label', () => {
  const map = { width: 2, height: 1, data: Uint8Array.from([0, 1]) };
  expect([...labelPicture(map, map, [[1, 2, 3], red]).rgb]).toEqual([1, 2, 3, ...red]);
});

it('contact sheet: rows of cells, with dots under them', () => {
  const picture = { width: 40, height: 30, rgb: new Uint8Array(40 * 30 * 3).fill(99) };
  const sheet = contactSheet([{ picture, dots: [red] }, { picture, dots: [] }, { picture, dots: [] }], 2);
  if (sheet === null) throw new Error('three cells make a sheet');
  expect(sheet).toMatchObject({ width: 6 + 2 * 46, height: 6 + 2 * 52 });
  expect(sheet.rgb).toHaveLength(sheet.width * sheet.height * 3);
  expect(pixelOf(sheet, 6, 6)).toEqual([99, 99, 99]);
  expect(pixelOf(sheet, 6 + 46, 6 + 52)).toEqual([28, 28, 28]); // the fourth place stays empty
  expect(pixelOf(sheet, 6, 6 + 30 + 6)).toEqual([...red]);
  expect(contactSheet([], 2)).toBeNull();
});

it('heat: the photo, then each class over it, hottest in the palette’s high colours', () => {
  const photo = { width: 16, height: 16, pixels: new Float32Array(16 * 16 * 3).fill(-1) };
  const data = new Float32Array(2 * 4);
  data[0] = 1; // top left of the first class
  const sheet = heatSheet(photo, { keys: [1, 2], planes: { count: 2, width: 2, height: 2, data } }, [
    { index: 1, name: 'cat', colour: [...red] },
    { index: 2, name: 'dog', colour: [0, 200, 0] },
  ]);
  if (sheet === null) throw new Error('a photo makes a sheet');
  expect(sheet.width).toBe(6 + 3 * 22);
  expect(pixelOf(sheet, 6, 6)).toEqual([0, 0, 0]);
  const [hotRed = 0, , hotBlue = 0] = pixelOf(sheet, 6 + 22, 6);
  const [coldRed = 0, , coldBlue = 0] = pixelOf(sheet, 6 + 22 + 15, 6 + 15);
  expect(hotRed).toBeGreaterThan(hotBlue);
  expect(coldBlue).toBeGreaterThanOrEqual(coldRed);
  expect(pixelOf(sheet, 6 + 22, 6 + 16 + 6)).toEqual([...red]);
});
