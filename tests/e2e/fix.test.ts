/// <reference lib="dom" />
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as edits from '#shared/contract/edits.ts';
import type { LabelMap } from '#shared/mask/label-map.ts';
import { encodeLabelPng } from '#main/images/palette-png.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { coreOf, correctedOf, difference, editStateOf, fixPage, imageOf, isNearSegment, painted, type FixPage } from '../support/fix-page.ts';
import { makeLabelProject, type LabelProject } from '../support/label-project.ts';

const SIZE = { width: 240, height: 180 };
const KILLS = process.env['PENUMBRA_LONG'] === '1' ? 50 : 5;
/** Of the brush after `localStorage` is set below: even, so that its middle snaps to corners of px. */
const DIAMETER = 16;

describe.skipIf(noBrowser !== null)(`Fix${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, { timeout: 240_000 }, () => {
  let project: LabelProject;
  let bench: Workbench;
  let fix: FixPage;
  /** What the mask of the first image must be. */
  let expected: LabelMap;
  const first = () => project.imageIds[0] ?? '';
  const base = () => project.bases[0] ?? '';

  beforeAll(async () => {
    project = await makeLabelProject([
      { name: 'p1', ...SIZE, tags: [1] },
      { name: 'p2', ...SIZE, tags: [1, 2] },
      { name: 'p3', ...SIZE, tags: [3] },
      { name: 'p4', ...SIZE, tags: [2] },
    ]);
    bench = await openWorkbench({ dir: project.dir });
    bench.page.setDefaultTimeout(60_000);
    await bench.page.evaluate((size) => localStorage.setItem('penumbra.brushPx', String(size)), DIAMETER);
    fix = fixPage(bench.page);
    expected = project.baseMap(first(), base());
    await fix.open(first(), 'p1', SIZE);
  }, 240_000);
  afterAll(async () => {
    await bench.close();
    await project.remove();
  }, 60_000);

  /** Everything is saved, and the core's mask is the expected one in every pixel. */
  async function expectSaved(gestures: number): Promise<void> {
    await fix.saved();
    await expect.poll(async () => (await editStateOf(project.dir, first())).gestures, { timeout: 30_000 }).toBe(gestures);
    expect(difference(await correctedOf(project.dir, first(), base()), expected)).toBe(0);
  }

  it('paints a stroke of the brush, every pixel of it and no other', async () => {
    await fix.press('b', '2');
    await fix.drag([40, 60], [90, 40], [150, 80]);
    // The tip's middle snaps to the nearest corner: px 40 is clicked at 40.5.
    const way = [[41, 61], [91, 41], [151, 81]] as const;
    expected = painted(expected, 2, (x, y) => isNearSegment(x, y, way[0], way[1], DIAMETER / 2) || isNearSegment(x, y, way[1], way[2], DIAMETER / 2));
    await expectSaved(1);
  });

  it('goes on as a straight line with Shift', async () => {
    const end = fix.at(200, 120);
    await bench.page.keyboard.down('Shift');
    await bench.page.mouse.click(end.x, end.y);
    await bench.page.keyboard.up('Shift');
    expected = painted(expected, 2, (x, y) => isNearSegment(x, y, [151, 81], [201, 121], DIAMETER / 2));
    await expectSaved(2);
  });

  it('erases to background', async () => {
    await fix.press('e');
    await fix.drag([90, 20], [90, 100]);
    expected = painted(expected, 0, (x, y) => isNearSegment(x, y, [91, 21], [91, 101], DIAMETER / 2));
    await expectSaved(3);
  });

  it('fills a polygon that Enter closes, over what mode and locks allow', async () => {
    // Class 1 is locked, and only unlabelled pixels may be painted.
    await fix.press('1', 'l', '3', 'm', 'p');
    for (const [x, y] of [[20, 20], [200, 20], [200, 170], [20, 170]] as const) await fix.click(x, y);
    // An open outline is not left behind: neither by the next image, nor with another tool in hand, nor by another place.
    await fix.press('n');
    await bench.page.getByText('The outline is not closed.').waitFor();
    await fix.press('b', 'f');
    await bench.page.locator('nav a', { hasText: 'Data' }).click();
    await bench.page.getByRole('button', { name: /^Polygon/, pressed: true }).waitFor();
    expect(bench.page.url()).toContain(first());
    await bench.page.locator('.canvas').focus();
    await fix.press('Enter');
    expected = painted(expected, 3, (x, y, now) => x >= 20 && x < 200 && y >= 20 && y < 170 && (now === 0 || now === 255));
    await expectSaved(4);
    await fix.press('m', 'm', '1', 'l');
  });

  it('fills the region under the pointer alone', async () => {
    await fix.press('u', 'g');
    await fix.click(5, 5);
    // Background outside the polygon is one region: the rest was filled with class 3.
    expected = painted(expected, 255, (x, y, now) => now === 0 && (x < 20 || x >= 200 || y < 20 || y >= 170));
    await expectSaved(5);
  });

  it('picks a class, undoes and brings back by keys, across a reload', async () => {
    const filled = expected;
    await fix.press('i');
    await fix.click(60, 70);
    await bench.page.locator('.row.current', { hasText: 'cat' }).waitFor();
    await fix.press('Control+z');
    await expect.poll(async () => (await editStateOf(project.dir, first())).gestures, { timeout: 30_000 }).toBe(4);
    await bench.page.reload();
    await fix.open(first(), 'p1', SIZE);
    await fix.press('Control+Shift+z');
    expected = filled;
    await expect.poll(async () => (await editStateOf(project.dir, first())).gestures, { timeout: 30_000 }).toBe(5);
    await expect.poll(async () => difference(await correctedOf(project.dir, first(), base()), expected)).toBe(0);
    await fix.press('Control+z', 'Control+z', 'Control+Shift+z', 'Control+Shift+z');
    await expect.poll(async () => (await editStateOf(project.dir, first())).revision, { timeout: 30_000 }).toBe(11);
    expect(difference(await correctedOf(project.dir, first(), base()), expected)).toBe(0);
  });

  it('is read-only in a second window, says so, and follows what the first one paints', async () => {
    const second = await bench.context.newPage();
    await second.goto(bench.page.url());
    await second.getByText('open for painting in another window').waitFor();
    const other = fixPage(second);
    await other.open(first(), 'p1', SIZE);
    await other.press('b', '2');
    await other.drag([60, 90], [80, 90]);
    await second.getByText('This image is read-only here.').waitFor();
    expect((await editStateOf(project.dir, first())).gestures).toBe(5);
    await second.close();
  });

  it('corrects, accepts and goes on by keys alone', async () => {
    const { page } = bench;
    await fix.open(project.imageIds[1] ?? '', 'p2', SIZE);
    await fix.press('b', '2', 'k', 'Space', 'ArrowRight', 'ArrowRight', 'Space', 'Escape', 'Enter');
    await page.locator('.file', { hasText: /^p3$/ }).waitFor();
    await expect.poll(async () => (await imageOf(project.dir, project.imageIds[1] ?? '')).review, { timeout: 30_000 }).toBe('accepted');
    const state = await editStateOf(project.dir, project.imageIds[1] ?? '');
    expect(state.gestures).toBe(1);
    // From the middle of the view two steps of 8 px to the right.
    const start = project.baseMap(project.imageIds[1] ?? '', base());
    const want = painted(start, 2, (x, y) => isNearSegment(x, y, [120, 90], [136, 90], DIAMETER / 2));
    expect(difference(await correctedOf(project.dir, project.imageIds[1] ?? '', base()), want)).toBe(0);
    await fix.press('f');
    await page.locator('.file', { hasText: /^p4$/ }).waitFor();
    await expect.poll(async () => (await imageOf(project.dir, project.imageIds[2] ?? '')).review, { timeout: 30_000 }).toBe('flagged');
  });

  it('shows the next image from what was made ready, asking the core for none of it', async () => {
    const { page } = bench;
    const [third = '', fourth = ''] = project.imageIds.slice(2);
    const made = Promise.all([`display/${fourth}`, `corrected/${fourth}.`].map((part) => page.waitForResponse((response) => response.url().includes(part) && response.ok())));
    await fix.open(third, 'p3', SIZE);
    await made;
    const asked = ['**/api/call/dataset.image', `**/api/blob/display/${fourth}`, `**/api/blob/corrected/${fourth}.*`];
    for (const url of asked) await page.route(url, (route) => route.abort());
    await fix.press('n');
    await page.locator('.file', { hasText: /^p4$/ }).waitFor();
    for (const url of asked) await page.unroute(url);
  });

  it('lets Enter wait for the mask that an undo asks for', async () => {
    const { page } = bench;
    await page.reload();
    await fix.open(first(), 'p1', SIZE);
    const before = (await editStateOf(project.dir, first())).gestures;
    const asked = `**/api/blob/corrected/${first()}.*`;
    let letThrough = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letThrough = resolve));
    await page.route(asked, async (route) => {
      await gate;
      await route.continue();
    });
    // The page was just loaded: only the core knows the mask before the stroke.
    await fix.press('Control+z', 'Enter');
    await page.getByText('Accepting once the mask is up to date').waitFor();
    letThrough();
    // The others were decided on above.
    await page.locator('.file', { hasText: /^p4$/ }).waitFor();
    await page.unroute(asked);
    await expect.poll(async () => (await imageOf(project.dir, first())).review, { timeout: 30_000 }).toBe('accepted');
    expect((await editStateOf(project.dir, first())).gestures).toBe(before - 1);
  });

  it('draws the edges of the mask over a thumbnail of Data under the pointer', async () => {
    const { page } = bench;
    await page.evaluate(() => (location.hash = '#/data'));
    const cell = page.getByRole('gridcell').nth(1);
    await cell.hover();
    const drawn = (): Promise<number> =>
      cell.locator('canvas').evaluate((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const pixels = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
        return [...pixels].filter((value, at) => at % 4 === 3 && value > 0).length;
      });
    await expect.poll(drawn, { timeout: 30_000 }).toBeGreaterThan(0);
    await page.getByRole('grid').evaluate((grid) => grid.dispatchEvent(new MouseEvent('mouseleave')));
    await cell.locator('canvas').waitFor({ state: 'detached' });
  });

  it('says that strokes were made on corrections changed elsewhere, and paints them on the current mask', async () => {
    const id = project.imageIds[3] ?? '';
    await fix.open(id, 'p4', SIZE);
    // Another program commits, and the page hears of it only after it has painted itself.
    await bench.page.route('**/api/events*', (route) => route.abort());
    await bench.page.route('**/api/call/edits.commit', async (route) => {
      await bench.page.unroute('**/api/call/edits.commit');
      const { client } = await coreOf(project.dir);
      const { data, ...size } = project.baseMap(id, base());
      await client.putBlob('corrected', `${id}.${base()}`, encodeLabelPng({ ...size, data: data.map((label, pixel) => (pixel < 240 * 10 ? 3 : label)) }), edits.EditState);
      await route.continue();
    });
    await fix.press('b', '2');
    await fix.drag([30, 5], [60, 5]);
    await bench.page.getByText('1 stroke is not saved.').waitFor();
    await bench.page.unroute('**/api/events*');
    await bench.page.getByRole('button', { name: 'Paint them on the current mask' }).click();
    await fix.saved();
    const want = painted(painted(project.baseMap(id, base()), 3, (_, y) => y < 10), 2, (x, y) => isNearSegment(x, y, [31, 6], [61, 6], DIAMETER / 2));
    await expect.poll(async () => difference(await correctedOf(project.dir, id, base()), want), { timeout: 30_000 }).toBe(0);
  });

  it(`loses no stroke while the core is killed ${KILLS} times, and recovers by itself`, { timeout: 60_000 + KILLS * 30_000 }, async () => {
    const { page } = bench;
    const id = project.imageIds[3] ?? '';
    await fix.open(id, 'p4', SIZE);
    let want = await correctedOf(project.dir, id, base());
    await fix.press('b');
    for (let kill = 0; kill < KILLS; kill++) {
      const label = 1 + (kill % 3);
      await fix.press(String(label));
      const strokes = [0, 1, 2].map((stroke) => [[20 + ((kill * 31 + stroke * 60) % 180), 60 + ((kill * 17) % 90)], [40 + ((kill * 31 + stroke * 60) % 180), 70 + ((kill * 17) % 90)]] as const);
      for (const [index, [from, to]] of strokes.entries()) {
        await fix.drag(from, to);
        if (index === kill % 3) process.kill((await coreOf(project.dir)).pid, 'SIGKILL');
        want = painted(want, label, (x, y) => isNearSegment(x, y, [from[0] + 1, from[1] + 1], [to[0] + 1, to[1] + 1], DIAMETER / 2));
      }
      await fix.saved();
      // A core that keeps dying within its first two seconds is given up, and rightly.
      await page.waitForTimeout(2200);
      expect(difference(await correctedOf(project.dir, id, base()), want), `after kill ${kill + 1}`).toBe(0);
    }
    await page.getByText('Connected').waitFor();
  });
});
