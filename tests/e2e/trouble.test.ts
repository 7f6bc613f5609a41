import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gradientPhoto } from '../support/photo-dataset.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { coreOf, correctedOf, difference, fixPage, isNearSegment, painted, type FixPage } from '../support/fix-page.ts';
import { makeLabelProject, type LabelProject } from '../support/label-project.ts';
import { callFromPage } from '../support/page-calls.ts';
import { makeEmptyProject } from '../support/tiny-project.ts';

const SIZE = { width: 240, height: 180 };
const DIAMETER = 16;
/** Markup, a right-to-left override that would turn what follows it around, and the longest name there may be. */
const HOSTILE = ['<img src=x onerror="globalThis.wasRun = true">', '\u202Egnp.taC\u202E {{constructor}}', 'n'.repeat(300)] as const;
const PLACES = ['data', 'look', 'fix', 'runs', 'score', 'out'] as const;

const show = (page: Page, hash: string): Promise<void> => page.evaluate((to) => void (location.hash = to), hash);
/** Px by which the page is wider than the window. */
const overflow = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

describe.skipIf(noBrowser !== null)(`What goes wrong around the window${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  describe('a project without classes and images', () => {
    it('says in every place what is missing and where to go, and complains of nothing', async () => {
      const project = await makeEmptyProject();
      const bench = await openWorkbench({ dir: project.dir });
      try {
        const { page } = bench;
        for (const [place, title] of Object.entries({
          data: 'This project holds no images yet',
          look: 'No images yet',
          fix: 'No images',
          runs: 'No run yet',
          score: /./,
          out: 'Nothing to export yet',
        })) {
          await show(page, `#/${place}`);
          await page.locator('main').getByText(title).first().waitFor();
        }
        expect(bench.complaints).toEqual([]);
      } finally {
        await bench.close();
        await project.remove();
      }
    });
  });

  describe('an open image', () => {
    let project: LabelProject;
    let bench: Workbench;
    let fix: FixPage;
    beforeAll(async () => {
      project = await makeLabelProject(['p1', 'p2', 'p3', 'p4'].map((name) => ({ name, ...SIZE, tags: [1] })));
      bench = await openWorkbench({ dir: project.dir });
      await bench.page.evaluate((size) => localStorage.setItem('penumbra.brushPx', String(size)), DIAMETER);
      fix = fixPage(bench.page);
    }, 240_000);
    afterAll(async () => {
      await bench.close();
      await project.remove();
    }, 60_000);
    afterEach(() => bench.page.unrouteAll());

    const photoOf = (name: string) => path.join(project.root, `${name}.jpg`);

    /** Paints, does harm, paints again; both strokes must be on disk, and after a reload on the page. */
    async function paintsOver(imageId: string, name: string, harm: () => Promise<void>): Promise<void> {
      const base = project.bases[0] ?? '';
      await fix.open(imageId, name, SIZE);
      await fix.press('b', '2');
      await fix.drag([40, 40], [120, 40]);
      await harm();
      await fix.drag([40, 120], [120, 120]);
      await fix.saved();
      let want = project.baseMap(imageId, base);
      for (const y of [41, 121]) want = painted(want, 2, (px, py) => isNearSegment(px, py, [41, y], [121, y], DIAMETER / 2));
      expect(difference(await correctedOf(project.dir, imageId, base), want)).toBe(0);
      await bench.page.reload();
    }

    it('whose photo becomes another keeps its mask, and says that it may not fit', async () => {
      await paintsOver(project.imageIds[0] ?? '', 'p1', async () => {
        await writeFile(photoOf('p1'), await gradientPhoto(SIZE.height, SIZE.width).jpeg().toBuffer());
      });
      await bench.page.getByText('The photo file has changed since it was imported').waitFor();
    });

    it('whose photo goes can be corrected without it', async () => {
      await paintsOver(project.imageIds[1] ?? '', 'p2', () => rm(photoOf('p2')));
      await bench.page.getByText('The photo file is not where it was').waitFor();
    });

    it('whose photo becomes something else altogether can be corrected without it', async () => {
      await paintsOver(project.imageIds[2] ?? '', 'p3', () => writeFile(photoOf('p3'), '<svg onload="alert(1)"/>'));
      await bench.page.getByText('The photo cannot be shown.').waitFor();
    });

    it('in a tab older than the program lands its strokes, then asks to be loaded anew', async () => {
      const { page } = bench;
      const [imageId = '', base = ''] = [project.imageIds[3], project.bases[0]];
      await fix.open(imageId, 'p4', SIZE);
      await page.route('**/api/call/system.hello', async (route) => {
        const answer = await route.fetch();
        const reply = (await answer.json()) as { value: object };
        await route.fulfill({ response: answer, json: { ...reply, value: { ...reply.value, version: '999.0.0' } } });
      });
      await fix.press('b', '2');
      await fix.drag([40, 40], [120, 40]);
      // The stream of events breaks off, as it does when the program is started anew.
      process.kill((await coreOf(project.dir)).pid, 'SIGKILL');
      await fix.drag([40, 120], [120, 120]);
      await page.getByRole('heading', { name: 'Penumbra was upgraded' }).waitFor();
      let want = project.baseMap(imageId, base);
      for (const y of [41, 121]) want = painted(want, 2, (px, py) => isNearSegment(px, py, [41, y], [121, y], DIAMETER / 2));
      await expect.poll(async () => difference(await correctedOf(project.dir, imageId, base), want), { timeout: 30_000 }).toBe(0);
      await page.unrouteAll();
      await page.getByRole('button', { name: 'Reload' }).click();
      await page.getByText('Connected').waitFor();
    });

    it('of hostile class names shows them as text, runs nothing, and stays within the window', async () => {
      const { page } = bench;
      await callFromPage(page, 'project.setClasses', { classes: HOSTILE.map((name, index) => ({ index: index + 1, name, colour: [200, 40 * index, 90] })) });
      for (const place of PLACES) {
        await show(page, `#/${place}`);
        await page.locator('main').waitFor();
        if (['data', 'fix'].includes(place)) await page.getByText(HOSTILE[0]).first().waitFor();
        expect(await overflow(page), place).toBeLessThanOrEqual(0);
      }
      expect(await page.evaluate(() => 'wasRun' in globalThis)).toBe(false);
    });
  });
});
