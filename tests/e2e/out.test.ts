import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { chooseTheme, seriousFindings } from '../support/axe.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';

const THEMES = ['dark', 'light', 'contrast'] as const;
const PATIENCE_MS = 30_000;

describe.skipIf(noBrowser !== null)(`out and the tour${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let bench: Workbench;
  let page: Page;
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'penumbra-out-'));
    bench = await openWorkbench();
    page = bench.page;
    page.setDefaultTimeout(PATIENCE_MS);
    await page.getByText('Connected').waitFor();
    await page.keyboard.press('Alt+6');
    await page.waitForURL(/#\/out/);
  });
  afterAll(async () => {
    await bench.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const target = (): ReturnType<Page['getByLabel']> => page.getByLabel('Target folder');

  it('previews, writes what it previewed, and says where', async () => {
    await page.getByRole('radio', { name: /^Seeds/ }).check({ force: true });
    await target().fill(path.join(dir, 'seeds'));
    const preview = page.getByRole('complementary', { name: 'What will be written' });
    await preview.getByText(/^SegmentationClass\//).first().waitFor();
    await page.getByRole('button', { name: 'Export', exact: true }).and(page.locator(':enabled')).waitFor();
    expect(readdirSync(dir)).toEqual([]);
    await page.keyboard.press('Control+Enter');
    await page.getByText('Exported').waitFor();
    expect(readdirSync(path.join(dir, 'seeds')).sort()).toEqual(['ImageSets', 'SegmentationClass', 'classes.txt']);
  });

  it('never overwrites: a full folder is refused, a new one offered', async () => {
    await page.getByRole('button', { name: 'Export something else' }).click();
    await page.getByText('This folder holds files already.').waitFor();
    expect(await page.getByRole('button', { name: 'Export', exact: true }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Use a new folder beside it' }).click();
    expect(await target().inputValue()).toBe(path.join(dir, 'seeds-2'));
  });

  it('explains a path that is not whole', async () => {
    await target().fill('somewhere');
    await page.getByText('Name the whole path of a folder.').waitFor();
    expect(await page.getByRole('button', { name: 'Export', exact: true }).isDisabled()).toBe(true);
  });

  it('walks through the tour by keys, covering nothing', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('tour');
    await page.keyboard.press('Enter');
    const strip = page.getByRole('region', { name: 'Tour' });
    for (const title of ['Six places', 'A run has finished', 'half corrected', 'stage by stage', 'How good', 'Everything is a command']) {
      await strip.getByText(title).waitFor();
      const [own, main] = [await strip.boundingBox(), await page.getByRole('main').boundingBox()];
      expect((main?.y ?? 0) + (main?.height ?? 0)).toBeLessThanOrEqual(own?.y ?? 0);
      await page.keyboard.press('Alt+t');
    }
    await strip.waitFor({ state: 'detached' });
  });

  it.each(THEMES)('has nothing serious against it for axe: %s', async (theme) => {
    await page.goto(page.url().replace(/#.*/, '#/out'));
    await chooseTheme(page, theme);
    await page.getByText('What leaves the project').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('complains of nothing', () => {
    expect(bench.complaints).toEqual([]);
  });
});
