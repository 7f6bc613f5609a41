/// <reference lib="dom" />
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '#shared/domain/run.ts';
import type { ScoreTable } from '#shared/domain/score.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { callFromPage } from '../support/page-calls.ts';
import { makeTinyProject, type TinyProject } from '../support/tiny-project.ts';

const TINY_RECIPES = { NODE_OPTIONS: `--import=${pathToFileURL(path.resolve(import.meta.dirname, '../support/tiny-recipes-hook.mjs')).href}` };

describe.skipIf(noBrowser !== null)(`two runs${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let tiny: TinyProject;
  let bench: Workbench;
  let page: Page;
  let one: string;
  let other: string;
  beforeAll(async () => {
    tiny = await makeTinyProject();
    bench = await openWorkbench({ dir: tiny.dir, env: TINY_RECIPES });
    page = bench.page;
    await page.getByText('Connected').waitFor();
    one = await runTiny({ 'seeds.top': 20, 'refined.top': 30 });
    other = await runTiny({ 'seeds.top': 20, 'refined.top': 22 });
  });
  afterAll(async () => {
    await bench.close();
    await tiny.remove();
  });

  async function runTiny(overrides: Record<string, number>): Promise<string> {
    const { id } = await callFromPage<RunSummary>(page, 'runs.start', { recipe: 'tiny', overrides });
    for (;;) {
      const { state } = await callFromPage<RunSummary>(page, 'runs.get', { runId: id });
      if (state === 'done') return id;
      if (state !== 'queued' && state !== 'running') throw new Error(`the run ended as ${state}`);
      await page.waitForTimeout(100);
    }
  }

  it('shows the pictures that a stage made of its work, as the run kept them, and one of them large', async () => {
    await page.evaluate((id) => (window.location.hash = `#/runs/${id}`), one);
    await page.getByRole('radiogroup', { name: 'Stages of the run' }).getByRole('radio', { name: /^classifier:/ }).click();
    await page.getByRole('tab', { name: 'Samples' }).click();
    // Of what the stage reported under this name the later stands; what was no picture does not.
    const open = page.getByRole('button', { name: /^Show .* large$/ });
    await page.getByRole('button', { name: 'Show Photos as the net sees them large' }).waitFor();
    expect(await open.count()).toBe(1);
    await open.click();
    const picture = page.getByRole('dialog', { name: 'Photos as the net sees them' }).getByRole('img');
    await expect.poll(() => picture.evaluate((image) => [(image as HTMLImageElement).naturalWidth, (image as HTMLImageElement).naturalHeight])).toEqual([3, 2]);
    await page.keyboard.press('Escape');
    await page.getByRole('radiogroup', { name: 'Stages of the run' }).getByRole('radio', { name: /^cams:/ }).click();
    await page.getByText('No picture yet').waitFor();
  });

  it('stand side by side in Score: each figure, the difference, and only where they differ', async () => {
    const scoresOf = async (runId: string): Promise<ScoreTable> => (await callFromPage<{ table: ScoreTable }>(page, 'scores.get', { runId })).table;
    const [a, b] = [await scoresOf(one), await scoresOf(other)];
    const miou = (table: ScoreTable, layer: string): number => table.layers.find((score) => score.layer === layer && score.split === 'val')?.miou ?? NaN;
    expect(miou(a, 'refined')).not.toBe(miou(b, 'refined'));
    await page.evaluate((id) => (window.location.hash = `#/score/${id}`), one);
    await page.getByLabel('Compare with').selectOption(other);
    await page.waitForURL(new RegExp(`with=${other}`));
    const table = page.getByRole('region', { name: 'Layers' });
    await table.getByRole('columnheader', { name: 'Other run, mIoU, %' }).waitFor();
    const cells = async (layer: string): Promise<string[]> => {
      // Rows of train stand before those of val.
      const row = table.getByRole('row', { name: new RegExp(`^${layer} `) }).nth(1);
      return row.getByRole('cell').allInnerTexts();
    };
    const percent = (value: number): string => (100 * value).toFixed(1);
    const difference = 100 * (miou(a, 'refined') - miou(b, 'refined'));
    await expect.poll(() => cells('Refined')).toEqual(expect.arrayContaining([percent(miou(a, 'refined')), percent(miou(b, 'refined')), `${difference > 0 ? '+' : '−'}${Math.abs(difference).toFixed(1)}`]));
    expect(await cells('Seeds')).toEqual(expect.arrayContaining([percent(miou(a, 'seeds')), '±0.0']));
    // Back takes the comparison away.
    await page.getByLabel('Compare with').selectOption('');
    await table.getByRole('columnheader', { name: 'Other run, mIoU, %' }).waitFor({ state: 'detached' });
  });

  it('complain of nothing', () => {
    expect(bench.complaints).toEqual([]);
  });
});
