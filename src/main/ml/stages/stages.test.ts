import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredScores } from '#shared/domain/score.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { diffLabelMaps, encodeGesture } from '#shared/mask/tile-diff.ts';
import type { ScoreMaps } from '#shared/formats/score-maps.ts';
import { decodePhoto } from '#main/images/photo.ts';
import { decodeLabelPng, encodeLabelPng } from '#main/images/palette-png.ts';
import { MemoryArtifact, createStageContext, testClasses, testImageId } from '../../../../tests/support/stage-context.ts';
import type { ImageRecord } from '../stage.ts';
import { applyCorrections } from './apply-corrections.ts';
import { refine } from './crf-task.ts';
import { labelMapFile } from './label-maps-io.ts';
import { crfParameters, refineCrf } from './refine-crf.ts';
import { decodeScoreMaps, encodeScoreMaps, scoreGrid, scoreMapsFile } from './score-maps-io.ts';
import { scoreLayers } from './score-layers.ts';
import { thresholdSeeds } from './threshold-seeds.ts';

const WIDTH = 90;
const HEIGHT = 61;
const classes = testClasses(3);
let folder = '';

/** A disc of class 2 on a noisy ground; the photo shows it, the seeds know it roughly. */
function inDisc(x: number, y: number, radius = 18): boolean {
  return (x - 40) ** 2 + (y - 30) ** 2 < radius ** 2;
}

function labelMap(labelAt: (x: number, y: number) => number): LabelMap {
  return {
    width: WIDTH,
    height: HEIGHT,
    data: Uint8Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => labelAt(pixel % WIDTH, Math.floor(pixel / WIDTH))),
  };
}

function image(number: number, split = 'train'): ImageRecord {
  return {
    id: testImageId(number),
    name: `photo ${number}`,
    photoPath: join(folder, `${number}.png`),
    width: WIDTH,
    height: HEIGHT,
    split,
    tags: null,
    maskPath: null,
  };
}

function scoreMaps(keys: readonly number[], scoreAt: (key: number, x: number, y: number) => number): ScoreMaps {
  const { width, height } = scoreGrid({ width: WIDTH, height: HEIGHT });
  const data = Float32Array.from({ length: keys.length * width * height }, (_, index) => {
    const pixel = index % (width * height);
    return scoreAt(keys[Math.floor(index / (width * height))] ?? 0, (pixel % width) * 4 + 1.5, Math.floor(pixel / width) * 4 + 1.5);
  });
  return { keys, planes: { count: keys.length, width, height, data } };
}

function read(artifact: MemoryArtifact, number: number): LabelMap {
  return decodeLabelPng(artifact.files.get(labelMapFile(testImageId(number))) ?? new Uint8Array(0), String(number)).map;
}

function labelMaps(label: string, maps: Readonly<Record<number, LabelMap>>): MemoryArtifact {
  return new MemoryArtifact(
    'label-maps',
    label,
    Object.fromEntries(Object.entries(maps).map(([number, map]) => [labelMapFile(testImageId(Number(number))), encodeLabelPng(map)])),
  );
}

function cams(maps: Readonly<Record<number, ScoreMaps>>): MemoryArtifact {
  return new MemoryArtifact(
    'score-maps',
    'cams',
    Object.fromEntries(Object.entries(maps).map(([number, map]) => [scoreMapsFile(testImageId(Number(number))), encodeScoreMaps(map)])),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penumbra-stages-'));
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let pixel = 0; pixel < WIDTH * HEIGHT; pixel++) {
    const inside = inDisc(pixel % WIDTH, Math.floor(pixel / WIDTH));
    for (let channel = 0; channel < 3; channel++) pixels[pixel * 3 + channel] = (inside ? 200 : 60) + ((pixel * 7 + channel * 3) % 11);
  }
  const png = await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer();
  for (const number of [1, 2, 4]) await writeFile(join(folder, `${number}.png`), png);
  await writeFile(join(folder, '3.png'), png.subarray(0, png.length / 2));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const disc = () => scoreMaps([2], (_, x, y) => Math.max(0, 1 - Math.hypot(x - 40, y - 30) / 36));
const roughSeeds = () => labelMap((x, y) => (inDisc(x + 4, y - 3, 15) ? 2 : 0));

describe('score maps on disk', () => {
  it('come back as float16, and damage is named', () => {
    const maps = scoreMaps([1, 3], (key, x, y) => (key * x * y) / (3 * WIDTH * HEIGHT));
    const bytes = encodeScoreMaps(maps);
    const read = decodeScoreMaps(bytes, { width: WIDTH, height: HEIGHT }, 'a.npz');
    expect(read.keys).toEqual([1, 3]);
    for (const [index, value] of read.planes.data.entries())
      expect(Math.abs(value - (maps.planes.data[index] ?? 0))).toBeLessThan(2 ** -11);
    expect(() => decodeScoreMaps(bytes, { width: WIDTH + 4, height: HEIGHT }, 'a.npz')).toThrow(
      'a.npz has scores of shape (2, 16, 23); expected (2, 16, 24).',
    );
    expect(() => encodeScoreMaps({ ...maps, keys: [3, 1] })).toThrow('expected ascending class indices');
  });
});

describe('threshold-seeds', () => {
  it('gives the classes of the keys alone, at photo size, with the background rule', async () => {
    // Class 3 is strong in the right half, class 2 in the left; a band at the top is below the threshold.
    const maps = scoreMaps([2, 3], (key, x, y) => (y < 16 ? 0.1 : key === 2 ? (x < 44 ? 0.9 : 0.2) : x < 44 ? 0.2 : 0.9));
    const context = createStageContext({ images: [image(1), image(2)], classes });
    await thresholdSeeds.run(context, thresholdSeeds.config.parse({ threshold: 0.3 }), { cams: cams({ 1: maps }) });
    const seeds = read(context.output, 1);
    expect([seeds.width, seeds.height]).toEqual([WIDTH, HEIGHT]);
    expect([seeds.data[5 * WIDTH + 10], seeds.data[40 * WIDTH + 10], seeds.data[40 * WIDTH + 80]]).toEqual([0, 2, 3]);
    expect([...new Set(seeds.data)].sort()).toEqual([0, 2, 3]);
    expect([...context.output.files.keys()]).toEqual([labelMapFile(testImageId(1))]);
    expect(context.output.facts).toEqual({ images: 1, skipped: 0 });
  });

  it('with alpha keeps less foreground the smaller alpha is', async () => {
    const count = async (alpha: number): Promise<number> => {
      const context = createStageContext({ images: [image(1)], classes });
      await thresholdSeeds.run(context, thresholdSeeds.config.parse({ background: 'alpha', alpha }), { cams: cams({ 1: disc() }) });
      return read(context.output, 1).data.filter((label) => label === 2).length;
    };
    const [few, many] = [await count(4), await count(32)];
    expect(few).toBeGreaterThan(0);
    expect(many).toBeGreaterThan(few * 1.5);
  });
});

// Threads take a second to start on a busy machine.
describe('refine-crf', { timeout: 180_000 }, () => {
  const truth = labelMap((x, y) => (inDisc(x, y) ? 2 : 0));
  const wrong = (map: LabelMap): number => map.data.filter((label, pixel) => label !== truth.data[pixel]).length;

  it('from labels follows the edges of the photo', async () => {
    const context = createStageContext({ images: [image(1)], classes });
    await refineCrf.run(context, refineCrf.config.parse({}), { seeds: labelMaps('seeds', { 1: roughSeeds() }), cams: undefined });
    expect(wrong(roughSeeds())).toBeGreaterThan(300);
    expect(wrong(read(context.output, 1))).toBe(0);
  });

  it('in threads gives what the method gives, at a working size from scores too', async () => {
    const context = createStageContext({ images: [image(1), image(2)], classes });
    const config = refineCrf.config.parse({ unary: 'scores', row: 'psa', threshold: 0.4, longSidePx: 60, iterations: 3 });
    await refineCrf.run(context, config, { seeds: undefined, cams: cams({ 1: disc(), 2: disc() }) });
    const maps = decodeScoreMaps(encodeScoreMaps(disc()), image(1), 'disc');
    const direct = await refine(await decodePhoto(image(1).photoPath, { longSide: 60 }), {
      photo: { width: WIDTH, height: HEIGHT },
      start: { from: 'scores', maps, rule: config },
      parameters: crfParameters(config),
    });
    expect(Buffer.compare(read(context.output, 1).data, direct.data)).toBe(0);
    expect(Buffer.compare(read(context.output, 2).data, direct.data)).toBe(0);
    expect(context.progressed.at(-1)).toEqual({ done: 2, total: 2, unit: 'images' });
  });

  it('considers only the classes that the image has scores for', async () => {
    // The seeds hold a large patch of class 3, which is none of the image's own.
    const seeds = labelMap((x, y) => (inDisc(x, y) ? 2 : x > 60 ? 3 : 0));
    const run = async (given: MemoryArtifact | undefined): Promise<number[]> => {
      const context = createStageContext({ images: [image(1)], classes });
      await refineCrf.run(context, refineCrf.config.parse({ row: 'puzzle-final', gaussianCompat: 0.1, bilateralCompat: 0.1 }), {
        seeds: labelMaps('seeds', { 1: seeds }),
        cams: given,
      });
      return [...new Set(read(context.output, 1).data)].sort();
    };
    expect(await run(undefined)).toEqual([0, 2, 3]);
    expect(await run(cams({ 1: scoreMaps([1, 2], () => 1) }))).toEqual([0, 2]);
  });

  it('leaves out a truncated photo with a warning that names it, and makes the others', async () => {
    const context = createStageContext({ images: [image(3), image(4)], classes });
    await refineCrf.run(context, refineCrf.config.parse({ iterations: 1 }), {
      seeds: labelMaps('seeds', { 3: roughSeeds(), 4: roughSeeds() }),
      cams: undefined,
    });
    expect([...context.output.files.keys()]).toEqual([labelMapFile(testImageId(4))]);
    expect(
      context.logged.map(({ level, message }) => [level, message.startsWith('photo 3: left out.') && message.includes('3.png')]),
    ).toEqual([['warn', true]]);
    expect(context.output.facts).toEqual({ images: 1, skipped: 1 });
  });

  it('resumed does not touch what is written', async () => {
    const output = labelMaps('output', { 1: labelMap(() => 3) });
    const context = createStageContext({ images: [image(1), image(2)], classes, output });
    await refineCrf.run(context, refineCrf.config.parse({ iterations: 1 }), {
      seeds: labelMaps('seeds', { 1: roughSeeds(), 2: roughSeeds() }),
      cams: undefined,
    });
    expect(new Set(read(output, 1).data)).toEqual(new Set([3]));
    expect(output.files.size).toBe(2);
  });

  it('stops at once when cancelled, while threads are busy', async () => {
    const controller = new AbortController();
    const context = createStageContext({ images: [1, 2, 4].map((number) => image(number)), classes, signal: controller.signal });
    // Uncancelled, all three would be written.
    const running = refineCrf.run(context, refineCrf.config.parse({ iterations: 100 }), {
      seeds: labelMaps('seeds', { 1: roughSeeds(), 2: roughSeeds(), 4: roughSeeds() }),
      cams: undefined,
    });
    setTimeout(() => controller.abort(), 150);
    await expect(running).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    expect(context.output.files.size).toBeLessThan(3);
  });

  it('says which input is missing', async () => {
    const context = createStageContext({ images: [image(1)], classes });
    await expect(
      refineCrf.run(context, refineCrf.config.parse({ unary: 'scores' }), { seeds: undefined, cams: undefined }),
    ).rejects.toThrow('"scores" starts from the input "cams"');
  });
});

describe('apply-corrections', () => {
  const base = labelMap((x) => (x < 30 ? 1 : 0));
  const painted = labelMap((x, y) => (x < 30 ? 1 : y < 10 ? 2 : 0));
  const gestures = [encodeGesture(base, diffLabelMaps(base, painted))];

  it('lays corrections over a regenerated base and reports conflicts', async () => {
    // The new base says 3 where the correction said 2 over 0, in ten rows of ten pixels.
    const regenerated = labelMap((x) => (x < 30 ? 0 : x < 40 ? 3 : 0));
    const context = createStageContext({ images: [image(1), image(2)], classes, edits: [{ imageId: testImageId(1), gestures }] });
    await applyCorrections.run(context, {}, { masks: labelMaps('base', { 1: regenerated, 2: base }) });
    const expected = labelMap((x, y) => (x < 30 ? 0 : y < 10 ? 2 : x < 40 ? 3 : 0));
    expect(Buffer.compare(read(context.output, 1).data, expected.data)).toBe(0);
    expect(Buffer.compare(read(context.output, 2).data, base.data)).toBe(0);
    expect(context.output.facts).toEqual({
      images: 2,
      skipped: 0,
      editedImages: 1,
      editedPixels: 600,
      conflictImages: 1,
      conflictPixels: 100,
    });
  });

  it('says when a corrected image has no mask to correct', async () => {
    const context = createStageContext({ images: [image(1)], classes, edits: [{ imageId: testImageId(1), gestures }] });
    await applyCorrections.run(context, {}, { masks: labelMaps('base', {}) });
    expect(context.logged).toEqual([
      { level: 'warn', message: 'photo 1 has corrections but no label map to lay them on; it is left out.' },
    ]);
  });
});

describe('score', () => {
  const nothing = { cams: undefined, seeds: undefined, refined: undefined, corrected: undefined, segmenter: undefined };

  async function truthFile(name: string, map: LabelMap): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, encodeLabelPng(map));
    return path;
  }

  it('scores layers by split at full resolution, with sweep and worst images', async () => {
    const truth = labelMap((x, y) => (y === 0 ? 255 : x < 45 ? 2 : 0));
    const maskPath = await truthFile('truth.png', truth);
    const perfect = labelMap((x) => (x < 45 ? 2 : 0));
    const shifted = labelMap((x) => (x < 36 ? 2 : 0));
    const context = createStageContext({
      images: [image(1), image(2), image(4, 'val')],
      classes,
      truth: [1, 2, 4].map((number) => ({ imageId: testImageId(number), maskPath })),
      outputKind: 'metrics',
    });
    const config = scoreLayers.config.parse({ thresholds: [0.2, 0.5, 0.8] });
    // Scores that are 2 at the left of x = 45 from the middle threshold on.
    const maps = scoreMaps([2], (_, x) => (x < 45 ? 0.6 : 0.3));
    await scoreLayers.run(context, config, {
      ...nothing,
      cams: cams({ 1: maps, 2: maps }),
      seeds: labelMaps('seeds', { 1: perfect, 2: shifted }),
      segmenter: labelMaps('segmenter', { 1: perfect, 2: perfect, 4: shifted }),
    });
    const { layers } = JSON.parse(context.output.text('metrics.json')) as StoredScores;
    expect(layers.map(({ layer, split, images }) => [layer, split, images])).toEqual([
      ['seeds', 'train', 2],
      ['segmenter', 'train', 2],
      ['segmenter', 'val', 1],
    ]);
    const [seeds, train, val] = layers;
    // By hand, in columns of 60 counted rows: image 1 is right; image 2 misses 9 of 45 columns of class 2.
    const missed = 9;
    const iou2 = (45 + 45 - missed) / 90;
    const iou0 = (45 + 45) / (90 + missed);
    expect(seeds?.miou).toBeCloseTo((iou2 + iou0) / 2, 12);
    expect(seeds?.pixelAccuracy).toBeCloseTo((180 - missed) / 180, 12);
    expect(seeds?.perClass[2]).toMatchObject({ index: 2, name: 'class 2', truthPixels: 2 * 45 * 60, predictedPixels: (45 + 36) * 60 });
    expect(seeds?.perClass[1]?.iou).toBeNull();
    expect(seeds?.confusion[2]).toEqual([missed * 60, 0, (90 - missed) * 60, 0, 0]);
    expect(seeds?.worst.map(({ name }) => name)).toEqual(['photo 2', 'photo 1']);
    expect(train?.miou).toBe(1);
    expect(val?.miou).toBeCloseTo((36 / 45 + 45 / 54) / 2, 12);
    // Everything is class 2 at 0.2; nothing at 0.8.
    expect(seeds?.sweep?.map(({ threshold }) => threshold)).toEqual([0.2, 0.5, 0.8]);
    expect(seeds?.sweep?.[0]?.miou).toBeCloseTo(0.25, 12);
    expect(seeds?.sweep?.[1]?.miou).toBeGreaterThan(0.9);
    expect(seeds?.sweep?.[2]?.miou).toBeCloseTo(0.25, 12);
    expect(val?.sweep).toBeNull();
    expect(context.truthReads).toEqual(['score seeds, segmenter on all splits']);
  });

  it('leaves out truth of another size and a layer’s missing mask, each with a word', async () => {
    const good = await truthFile(
      'good.png',
      labelMap(() => 1),
    );
    const small = await truthFile('small.png', { width: 5, height: 5, data: new Uint8Array(25) });
    const context = createStageContext({
      images: [image(1), image(2), image(4)],
      classes,
      truth: [
        { imageId: testImageId(1), maskPath: good },
        { imageId: testImageId(2), maskPath: small },
        { imageId: testImageId(4), maskPath: good },
      ],
      outputKind: 'metrics',
    });
    await scoreLayers.run(context, scoreLayers.config.parse({}), {
      ...nothing,
      refined: labelMaps('refined', { 1: labelMap(() => 1), 2: labelMap(() => 1) }),
    });
    const { layers } = JSON.parse(context.output.text('metrics.json')) as StoredScores;
    expect(layers.map(({ images, miou, sweep }) => [images, miou, sweep])).toEqual([[1, 1, null]]);
    expect(context.logged.map(({ message }) => message.slice(0, 60))).toEqual(
      ['photo 2: left out. The ground-truth mask is 5×5 px, the photo', 'refined, train: 1 images with ground truth have no mask in t'].map(
        (message) => message.slice(0, 60),
      ),
    );
  });

  it('with nothing to score says so', async () => {
    await expect(scoreLayers.run(createStageContext(), scoreLayers.config.parse({}), nothing)).rejects.toMatchObject({
      code: 'STAGE_CONFIG_INVALID',
    });
  });
});
