import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeLabelStudioRle } from '#shared/raster/rle/label-studio.ts';
import { readLabelPng } from '#main/images/palette-png.ts';
import { runToolTask } from './tool-task.ts';

// On a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'penumbra-mask-code-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** 3 rows of 4: the two middle columns of the two upper rows. */
const MASK = { width: 4, height: 3, data: Uint8Array.of(0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0) };
const BYTES = [...encodeLabelStudioRle(MASK)];
/** As pycocotools.mask.encode gives it for a Fortran-ordered mask, its counts decoded as ASCII. */
const COCO = { size: [3, 4], counts: '32103' };
const BRUSH = { id: 'a', type: 'brushlabels', from_name: 'tag', to_name: 'image', original_width: 4, original_height: 3, image_rotation: 0, value: { format: 'rle', rle: BYTES, brushlabels: ['cat'] } };
const BOX = { id: 'b', type: 'rectanglelabels', original_width: 4, original_height: 3, value: { x: 1, y: 1, width: 9, height: 9 } };
const cvat = (masks: string): string => `<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><id>1</id><name>cats</name></task></meta>
  <image id="0" name="cat.jpg" width="4" height="3">${masks}
  </image>
  <image id="1" name="dog.jpg" width="9" height="9">
  </image>
</annotations>
`;
const MASK_ELEMENT = '\n    <mask label="cat" source="manual" occluded="0" rle="0, 4" left="1" top="0" width="2" height="2" z_order="0">\n    </mask>';

async function maskOf(name: string, content: unknown) {
  const file = path.join(folder, name);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  const target = path.join(folder, 'mask.png');
  await runToolTask({ tool: 'rle', file, target, settings: {}, cancelled: new SharedArrayBuffer(4) });
  return readLabelPng(target);
}

describe('a mask of', () => {
  it.each([
    ['pycocotools', 'a.json', COCO],
    ['COCO, runs as numbers', 'a.json', { size: [3, 4], counts: [3, 2, 1, 2, 4] }],
    ['a COCO annotation', 'a.json', { id: 7, image_id: 1, category_id: 17, iscrowd: 1, area: 4, bbox: [1, 0, 2, 2], segmentation: COCO }],
    ['a COCO file of one mask beside a polygon', 'a.json', { images: [{ id: 1, width: 4, height: 3 }], annotations: [{ id: 7, segmentation: COCO }, { id: 8, segmentation: [[0, 0, 1, 0, 1, 1]] }] }],
    ['a list of one', 'a.json', [COCO]],
    ['a Label Studio result', 'a.json', BRUSH],
    ['a Label Studio export beside a box', 'a.json', [{ id: 1, annotations: [{ id: 2, result: [BOX, BRUSH] }], data: { image: 'cat.jpg' } }]],
    ['Label Studio’s JSON_MIN', 'a.json', [{ image: 'cat.jpg', tag: [{ format: 'rle', rle: BYTES, brushlabels: ['cat'], original_width: 4, original_height: 3 }] }]],
    ['this tool, of CVAT', 'a.json', { format: 'cvat', image: { width: 4, height: 3 }, mask: { rle: [0, 4], left: 1, top: 0, width: 2, height: 2 } }],
    ['CVAT for images 1.1', 'a.xml', cvat(MASK_ELEMENT)],
  ])('%s is read', async (_, name, content) => {
    expect(await maskOf(name, content)).toMatchObject({ width: 4, height: 3, data: Uint8Array.from(MASK.data) });
  });
});

describe('what is no mask is refused in words of its own, by name', () => {
  it.each([
    ['a.json', '{"size": [3', 'is no JSON'],
    ['a.json', '', 'is no JSON'],
    ['a.json', [], 'holds no mask of run lengths.'],
    ['a.json', 7, 'holds no mask of run lengths.'],
    ['a.json', { segmentation: [[0, 0, 1, 0, 1, 1]] }, 'holds no mask of run lengths.'],
    ['a.json', [COCO, COCO], 'holds 2 masks; expected one.'],
    ['a.json', { counts: '32103' }, 'has the size none beside its counts; expected [height, width].'],
    ['a.json', { size: [3, 4.5], counts: '32103' }, 'has the size [3,4.5] beside its counts'],
    ['a.json', { size: [3, 4], counts: [3, -1] }, 'has the counts [3,-1]; expected whole numbers'],
    ['a.json', { size: [30_000, 30_000], counts: 'a' }, 'is of 30000×30000 px; expected at most 500000000 pixels.'],
    ['a.json', { ...BRUSH, value: { format: 'rle', rle: [256] } }, 'has the rle [256]; expected bytes from 0 to 255.'],
    ['a.json', { ...BRUSH, original_height: null }, 'has the size 4×null; expected original_width and original_height in px.'],
    ['a.json', { format: 'cvat', image: { width: 4 }, mask: null }, 'has the image {"width":4}; expected its width and height'],
    ['a.json', { format: 'cvat', image: { width: 4, height: 3 }, mask: { rle: [4], left: 'a', top: 0, width: 2, height: 2 } }, 'has the box ["a",0,2,2]; expected left, top'],
    ['a.json', `${'['.repeat(2000)}${']'.repeat(2000)}`, 'holds no mask of run lengths.'],
    ['a.xml', cvat(''), 'holds no mask of run lengths.'],
    ['a.xml', cvat(MASK_ELEMENT + MASK_ELEMENT), 'holds 2 masks; expected one.'],
    ['a.xml', cvat(MASK_ELEMENT.replace('0, 4', '0; 4')), 'has the rle [null]; expected whole numbers.'],
  ])('%s %j', async (name, content, message) => {
    const thrown: unknown = await maskOf(name, content).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining(`${path.join(folder, name)} ${message}`) as string, remedy: expect.stringMatching(/.{10}/) as string });
    expect((thrown as Error).message).not.toMatch(/Invalid|✖|received/);
  });

  it('one that is not there', async () => {
    await expect(runToolTask({ tool: 'rle', file: path.join(folder, 'away.json'), target: null, settings: {}, cancelled: new SharedArrayBuffer(4) })).rejects.toMatchObject({ code: 'FILE_MISSING' });
  });
});
