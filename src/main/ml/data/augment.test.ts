import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { randomFor, type Random } from '../random/random.ts';
import { augmentForMasks, augmentForTags, type MaskAugmentation, type TagAugmentation } from './augment.ts';
import { jitterColours, type JitterStrength } from './colour-jitter.ts';
import { cutLabels, cutPhoto, randomWindow } from './window.ts';

const noJitter: JitterStrength = { brightness: 0, contrast: 0, saturation: 0, hue: 0 };
const jitter: JitterStrength = { brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 };

function noise(width: number, height: number, key: string) {
  const random = randomFor(5, key);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 255)) };
}

describe('jitterColours', () => {
  const { colour } = JSON.parse(readFileSync(new URL('../../../../tests/fixtures/augment/augment.json', import.meta.url), 'utf8')) as {
    colour: { from: { width: number; height: number; data: number[] } } & Record<string, { factor?: number; turn?: number; data: number[] }[]>;
  };
  const photo = { ...colour.from, data: Uint8Array.from(colour.from.data) };
  for (const change of ['brightness', 'contrast', 'saturation', 'hue'] as const) {
    for (const { factor, turn, data } of colour[change] ?? []) {
      const draw = turn ?? (factor ?? NaN) - 1;
      it(`${change} by ${draw} is that of PIL (hue: colorsys)`, () => {
        // A stream that gives the one draw under test; the other strengths are 0 and ignore theirs.
        const fixed: Random = { ...randomFor(0), between: () => draw };
        const result = jitterColours(photo, { ...noJitter, [change]: Math.abs(draw) }, fixed);
        // PIL truncates where this rounds, and rounds its grey values.
        const worst = Math.max(...result.data.map((value, at) => Math.abs(value - (data[at] ?? NaN))));
        expect(worst).toBeLessThanOrEqual(1);
      });
    }
  }
});

describe('randomWindow', () => {
  it('cuts a larger image at offsets that reach both ends', () => {
    const offsets = new Set<number>();
    for (let draw = 0; draw < 300; draw++) offsets.add(randomWindow({ width: 12, height: 9 }, 9, randomFor(draw)).x.source);
    expect([...offsets].sort()).toEqual([0, 1, 2, 3]);
  });

  it('lays a smaller image at a random place on a canvas of zeros and 255s', () => {
    const photo = noise(5, 4, 'small');
    const labels = { width: 5, height: 4, data: new Uint8Array(20).fill(3) };
    for (let draw = 0; draw < 30; draw++) {
      const window = randomWindow(photo, 8, randomFor(draw, 'place'));
      const pixels = cutPhoto(photo, window, draw % 2 === 0);
      const cut = cutLabels(labels, window, draw % 2 === 0, 255);
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 8; x++) {
          const inside = x >= window.x.target && x < window.x.target + 5 && y >= window.y.target && y < window.y.target + 4;
          expect(cut[y * 8 + x]).toBe(inside ? 3 : 255);
          if (!inside) expect([...pixels.slice((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)]).toEqual([0, 0, 0]);
        }
      }
    }
  });

  it('mirrors photo and labels alike', () => {
    const photo = noise(6, 5, 'mirror');
    const labels = { width: 6, data: Uint8Array.from({ length: 30 }, (_, at) => photo.data[at * 3] as number) };
    for (let draw = 0; draw < 20; draw++) {
      const window = randomWindow(photo, draw % 2 === 0 ? 4 : 9, randomFor(draw, 'mirror'));
      const pixels = cutPhoto(photo, window, true);
      const cut = cutLabels(labels, window, true, 255);
      for (let at = 0; at < cut.length; at++) {
        const red = pixels[at * 3] as number;
        if (red === 0) continue; // the canvas
        expect(Math.round((red + 1) * 127.5)).toBe(cut[at]);
      }
    }
  });
});

describe('augmentation', () => {
  const photo = noise(50, 37, 'photo');
  const labels = { width: 50, height: 37, data: Uint8Array.from({ length: 50 * 37 }, (_, at) => [0, 4, 20, 255][Math.floor(at / 7) % 4] as number) };
  const forMasks: MaskAugmentation = { kind: 'masks', longSidePx: 40, scaleFrom: 0.5, scaleTo: 1.5, cropPx: 33, mirror: true, jitter };
  const forTags: TagAugmentation = { kind: 'tags', longSideFromPx: 25, longSideToPx: 60, cropPx: 33, mirror: true, jitter };

  it('brings no label value that was not there, but 255', () => {
    for (let epoch = 0; epoch < 40; epoch++) {
      const sample = augmentForMasks(photo, labels, forMasks, randomFor(1, 'augment', epoch, 'im'));
      expect([...new Set(sample.labels)].every((value) => [0, 4, 20, 255].includes(value))).toBe(true);
      expect(sample.pixels.every((value) => value >= -1 && value <= 1)).toBe(true);
    }
  });

  it('gives the same sample for the same key and another for another', () => {
    const once = augmentForTags(photo, forTags, randomFor(1, 'augment', 2, 'im'));
    expect(augmentForTags(photo, forTags, randomFor(1, 'augment', 2, 'im'))).toEqual(once);
    expect(augmentForTags(photo, forTags, randomFor(1, 'augment', 3, 'im')).pixels).not.toEqual(once.pixels);
  });

  it('keeps labels on their pixels through scale, mirror and crop', () => {
    // Left half black and class 0, right half white and class 1: away from the edge they must agree.
    const width = 60;
    const height = 44;
    const side = (at: number) => (at % width < width / 2 ? 0 : 1);
    const halves = { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, at) => 255 * side(Math.floor(at / 3))) };
    const map = { width, height, data: Uint8Array.from({ length: width * height }, (_, at) => side(at)) };
    for (let epoch = 0; epoch < 40; epoch++) {
      const sample = augmentForMasks(halves, map, { ...forMasks, jitter: noJitter }, randomFor(9, epoch));
      sample.labels?.forEach((label, at) => {
        const red = sample.pixels[at * 3] as number;
        if (label !== 255 && Math.abs(red) > 0.95) expect(red > 0 ? 1 : 0).toBe(label);
      });
    }
  });
});
