/// <reference lib="dom" />
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { coreOf, correctedOf, editStateOf, fixPage, isNearSegment } from '../support/fix-page.ts';
import { makeLabelProject, type LabelProject } from '../support/label-project.ts';
import { QUARTERS } from '../support/large-photo.ts';

/** The whole size takes half a minute and gigabytes: CI cuts a smaller photo into tiles in the same way. */
const SIDE = process.env['PENUMBRA_LONG'] === '1' ? 20_000 : 4_500;
const SIZE = { width: SIDE, height: SIDE };
const PATIENCE_MS = 240_000;
const DIAMETER = 16;

describe.skipIf(noBrowser !== null)(`a photo of ${SIDE} × ${SIDE} px${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, { timeout: 2 * PATIENCE_MS }, () => {
  let project: LabelProject;
  let bench: Workbench;
  const id = () => project.imageIds[0] ?? '';

  beforeAll(async () => {
    project = await makeLabelProject([{ name: 'huge', ...SIZE, tags: [1], isPlain: true }]);
    bench = await openWorkbench({ dir: project.dir });
    bench.page.setDefaultTimeout(PATIENCE_MS);
    await bench.page.evaluate((size) => localStorage.setItem('penumbra.brushPx', String(size)), DIAMETER);
  }, PATIENCE_MS);
  afterAll(async () => {
    await bench.close();
    await project.remove();
  }, 60_000);

  /** The colour of the canvas at a place of the page, as the browser composes it. */
  async function colourAt(x: number, y: number): Promise<number[]> {
    const { default: sharp } = await import('sharp');
    const shot = await bench.page.screenshot({ clip: { x, y, width: 1, height: 1 } });
    return [...(await sharp(shot).removeAlpha().raw().toBuffer())];
  }
  const isLike = (found: readonly number[], wanted: readonly number[]): boolean => wanted.every((value, channel) => Math.abs(value - (found[channel] ?? 0)) < 40);

  it('is cut into tiles while Look says so and answers, and then shown, each quarter in its place', async () => {
    const { page } = bench;
    await page.goto(`${new URL(page.url()).origin}/#/look/${id()}`);
    await page.getByText('This photo is large; its tiles are being made …').waitFor();
    // Meanwhile everything else goes on.
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('This photo is large; its tiles are being made …').waitFor({ state: 'detached' });
    const box = await page.getByRole('application').boundingBox();
    if (box === null) throw new Error('there is no canvas');
    const [middleX, middleY] = [box.x + box.width / 2, box.y + box.height / 2];
    const reach = Math.min(box.width, box.height) / 4;
    for (const [index, quarter] of QUARTERS.entries()) {
      const [x, y] = [middleX + (index % 2 === 0 ? -reach : reach), middleY + (index < 2 ? -reach : reach)];
      await expect.poll(async () => isLike(await colourAt(x, y), quarter), { timeout: PATIENCE_MS }).toBe(true);
    }
    expect((await page.request.get(`${new URL(page.url()).origin}/api/blob/display/${id()}`)).status()).not.toBe(200);
  });

  it('is painted in Fix at one photo px a screen px, and the stroke is saved, every pixel of it and no other', async () => {
    const fix = fixPage(bench.page);
    await fix.open(id(), 'huge', SIZE);
    await fix.press('b', '2');
    const middle = SIDE / 2;
    await fix.drag([middle - 60, middle - 20], [middle + 80, middle + 30]);
    await fix.saved();
    expect((await editStateOf(project.dir, id())).gestures).toBe(1);
    const map = await correctedOf(project.dir, id(), project.bases[0] ?? '');
    let wrong = 0;
    let painted = 0;
    for (let pixel = 0; pixel < map.data.length; pixel++) {
      const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
      const near = Math.abs(y - middle) < 100 && Math.abs(x - middle) < 200;
      const wanted = near && isNearSegment(x, y, [middle - 59, middle - 19], [middle + 81, middle + 31], DIAMETER / 2) ? 2 : 0;
      if (map.data[pixel] !== wanted) wrong++;
      if (wanted === 2) painted++;
    }
    expect(painted).toBeGreaterThan(1000);
    expect(wrong).toBe(0);
  });

  it('costs the core memory in proportion to its label map, and not to its photo', async () => {
    const { pid } = await coreOf(project.dir);
    const highestKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    console.log(`core: at most ${Math.round(highestKb / 1024)} MB`);
    expect(highestKb * 1024).toBeLessThan(600e6 + 12 * SIDE * SIDE);
  });

  it('complains of nothing', () => {
    expect(bench.complaints.filter((text) => !text.includes('/api/blob/display/'))).toEqual([]);
  });
});
