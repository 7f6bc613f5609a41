import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScoreTable } from '#shared/domain/score.ts';
import { chooseTheme, seriousFindings } from '../support/axe.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';

/** Run in the page: how many colours the picture on the clipboard has. */
const COLOURS_ON_CLIPBOARD = `(async () => {
  const [item] = await navigator.clipboard.read();
  const picture = await createImageBitmap(await item.getType('image/png'));
  const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
  context.drawImage(picture, 0, 0);
  return new Set(new Uint32Array(context.getImageData(0, 0, picture.width, picture.height).data.buffer)).size;
})()`;

/** Scores that the sample project ships, as its run measured them. */
const SAMPLE = path.resolve(import.meta.dirname, '../../resources/sample/project');
const { kept } = JSON.parse(readFileSync(path.join(SAMPLE, 'provenance.json'), 'utf8')) as { kept: { scores: string } };
const { layers: shipped } = JSON.parse(readFileSync(path.join(SAMPLE, 'artifacts', kept.scores, 'metrics.json'), 'utf8')) as Pick<ScoreTable, 'layers'>;

describe.skipIf(noBrowser !== null)(`Score${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench();
    await bench.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  });
  afterAll(() => bench.close());

  const row = (layer: string) => bench.page.getByRole('region', { name: 'Layers' }).getByRole('row', { name: new RegExp(`^${layer} `) });

  it('gives every layer on every split with its gain, in the order of the pipeline', async () => {
    const { page } = bench;
    await page.keyboard.press('Alt+5');
    await row('Seeds').first().waitFor();
    const texts = await page.getByRole('region', { name: 'Layers' }).getByRole('row').allInnerTexts();
    const figures = texts.map((text) => text.split(/\s+/).join(' ').trim());
    const gain = (of: number, over: number): string => `${of === over ? '±' : of > over ? '+' : '−'}${Math.abs(100 * (of - over)).toFixed(1)}`;
    const train = shipped.filter(({ split }) => split === 'train');
    const wanted = train.map(({ layer, miou, pixelAccuracy }, at) => {
      const before = train[at - 1];
      const parts = [`${layer.charAt(0).toUpperCase()}${layer.slice(1)}`, (100 * miou).toFixed(1), ...(before === undefined ? [] : [gain(miou, before.miou)]), (100 * pixelAccuracy).toFixed(1)];
      return parts.join(' ');
    });
    expect(wanted).toHaveLength(4);
    expect(figures.slice(1, 6)).toEqual(['train · 69 images', ...wanted]);
  });

  it('keeps the chosen layer in the address, so that Back and links bring it again', async () => {
    const { page } = bench;
    await row('Refined').nth(1).click();
    await page.waitForURL(/split=val&layer=refined/);
    await page.getByRole('region', { name: 'Confusion' }).getByText('Refined · val').waitFor();
  });

  it('orders classes by the figures of a layer', async () => {
    const { page } = bench;
    const classes = page.getByRole('region', { name: 'IoU by class' });
    await classes.getByRole('button', { name: 'Segmenter' }).click();
    const values = await classes.locator('tbody tr td:last-child .value').allInnerTexts();
    const numbers = values.map(Number);
    expect(numbers.length).toBe(9);
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
  });

  it('marks the best threshold as chosen with ground truth', async () => {
    const sweep = shipped.find(({ layer, split }) => layer === 'seeds' && split === 'val')?.sweep ?? [];
    const best = sweep.reduce((a, b) => (b.miou > a.miou ? b : a));
    await bench.page.getByText(`Best ${(100 * best.miou).toFixed(1)} at θ = ${best.threshold.toFixed(2)}`).waitFor();
    await bench.page.getByText('chosen with ground truth').waitFor();
  });

  it('walks the confusion matrix by keyboard and opens a cell', async () => {
    const { page } = bench;
    const matrix = page.getByRole('grid');
    await matrix.focus();
    await page.keyboard.press('ArrowDown');
    await page.getByText(/px · \d+\.\d % of aeroplane/).waitFor();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'aeroplane predicted as background' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('copies CSV with unrounded figures', async () => {
    const { page } = bench;
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Copy all figures as CSV' }).click();
    await page.getByText('CSV copied.').waitFor();
    const lines = (await page.evaluate<string>('navigator.clipboard.readText()')).split('\r\n');
    expect(lines[0]).toMatch(/^run,measuredAt,split,layer,images,miou,pixelAccuracy,iou background,/);
    expect(lines[1]?.split(',').slice(2, 6)).toEqual(['train', 'seeds', '69', String(shipped[0]?.miou)]);
  });

  it('copies a picture of the table that is not blank', async () => {
    const { page } = bench;
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Copy the table as PNG' }).click();
    await page.getByText('Picture copied.').waitFor();
    const colours = await page.evaluate<number>(COLOURS_ON_CLIPBOARD);
    expect(colours).toBeGreaterThan(10);
  });

  it('scores again on request, and then names the images behind a cell', async () => {
    const { page } = bench;
    await page.keyboard.press('Alt+5');
    const before = await page.getByText(/^measured /).innerText();
    await page.getByRole('button', { name: 'Score now' }).click();
    await expect.poll(() => page.getByText(/^measured /).innerText(), { timeout: 90_000 }).not.toBe(before);
    await row('Corrected').first().click();
    const matrix = page.getByRole('grid');
    await matrix.focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    const link = page.getByRole('dialog', { name: 'background predicted as background' }).getByRole('link').first();
    expect(await link.getAttribute('href')).toMatch(/^#\/look\/im_/);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it.each(['dark', 'light', 'contrast'] as const)('has no serious fault of accessibility in the %s theme', async (theme) => {
    await chooseTheme(bench.page, theme);
    expect(await seriousFindings(bench.page)).toEqual([]);
  });

  it('complains of nothing', () => {
    expect(bench.complaints).toEqual([]);
  });
});
