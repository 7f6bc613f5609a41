import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseTheme, seriousFindings } from '../support/axe.ts';
import { copySampleProject, noBrowser, openWorkbench, penumbra, type Workbench } from '../support/browser.ts';

const SAMPLE = path.resolve(import.meta.dirname, '../../resources/sample');

describe.skipIf(noBrowser !== null)(`Look${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let bench: Workbench;
  let photos: string;
  let dir: string;
  beforeAll(async () => {
    photos = mkdtempSync(path.join(tmpdir(), 'penumbra-photos-'));
    cpSync(SAMPLE, photos, { recursive: true, filter: (from) => path.relative(SAMPLE, from).split(path.sep)[0] !== 'project' });
    dir = await copySampleProject();
    await penumbra('repoint', photos, '--project', dir);
    bench = await openWorkbench({ dir });
  });
  afterAll(async () => {
    await bench.close();
    for (const folder of [photos, dir]) rmSync(folder, { recursive: true, force: true });
  });

  const layers = () => bench.page.getByRole('complementary', { name: 'Layers' });
  const threshold = () => bench.page.getByRole('region', { name: 'Threshold' });
  const numbers = async (): Promise<string[]> => {
    const rows = await bench.page.getByRole('region', { name: 'Classes in this image' }).locator('tbody tr').allInnerTexts();
    return rows.map((row) => row.split(/\s+/).filter(Boolean).slice(0, 2).join(' '));
  };
  const choose = (name: string | RegExp) => layers().getByRole('button', { name, exact: true }).and(bench.page.locator('.choose')).click();
  const looks = async (): Promise<number> =>
    bench.page.evaluate<number>(`fetch('/api/call/vault.log', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
      .then((answer) => answer.json()).then(({ value }) => value.entries.filter(({ purpose }) => purpose.includes('look')).length)`);

  it('opens the first image with what the network sees over it', async () => {
    const { page } = bench;
    await page.keyboard.press('Alt+2');
    await page.waitForURL(/#\/look\/im_/);
    await layers().getByText(/^CAM: /).first().waitFor();
    await layers().getByRole('button', { name: /^Show CAM: / }).and(page.locator('[aria-pressed=true]')).first().waitFor();
  });

  it('cuts at the threshold of the seeds what the run made of them, pixel count by pixel count', async () => {
    const { page } = bench;
    await choose('Seeds');
    await expect.poll(numbers).not.toEqual([]);
    await page.getByText('Where it comes from').waitFor();
    const seeds = await numbers();
    await choose('Threshold preview');
    await threshold().getByText('0.25', { exact: true }).waitFor();
    await expect.poll(numbers).toEqual(seeds);
  });

  it('moves the figures with the threshold, by key', async () => {
    const before = await numbers();
    for (let press = 0; press < 20; press++) await bench.page.keyboard.press(']');
    await threshold().getByText('0.45', { exact: true }).waitFor();
    await expect.poll(numbers).not.toEqual(before);
  });

  it('says where a layer comes from, with a link to its run', async () => {
    const { page } = bench;
    await choose(/^CAM: /);
    const lineage = page.getByRole('region', { name: 'Where it comes from' });
    await lineage.getByText('Long side at most: 416').waitFor();
    expect(await lineage.getByRole('link', { name: 'run' }).first().getAttribute('href')).toMatch(/^#\/runs\/run_/);
  });

  it('opens ground truth by name alone, and logs each look', async () => {
    const before = await looks();
    await layers().getByRole('button', { name: 'Open' }).click();
    await layers().getByRole('button', { name: 'Show Ground truth' }).waitFor();
    await threshold().getByText(/^This image at θ: mIoU \d/).waitFor();
    await threshold().getByText('measured with ground truth').waitFor();
    expect(await looks()).toBe(before + 1);
  });

  it('compares by swipe and side by side', async () => {
    const { page } = bench;
    await page.keyboard.press('c');
    const handle = page.getByRole('slider', { name: 'Where the two sides part' });
    await handle.focus();
    await page.keyboard.press('ArrowRight');
    expect(await handle.getAttribute('aria-valuenow')).toBe('52');
    await page.keyboard.press('c');
    await expect.poll(() => page.getByRole('application').count()).toBe(2);
    await page.keyboard.press('c');
    await expect.poll(() => page.getByRole('application').count()).toBe(1);
  });

  it('goes to the next image and locks its truth again', async () => {
    const { page } = bench;
    const first = page.url();
    await page.keyboard.press('.');
    await expect.poll(() => page.url()).not.toBe(first);
    await layers().getByRole('button', { name: 'Open' }).waitFor();
    await page.keyboard.press(',');
    await expect.poll(() => page.url()).toBe(first);
  });

  it('shows the maps of an image whose photo is gone, and says what to do', async () => {
    const { page } = bench;
    const image = page.locator('.top strong');
    const shown = await image.innerText();
    rmSync(path.join(photos, 'JPEGImages', `${shown}.jpg`));
    await page.reload();
    await page.getByText('The photo is not where it was imported from').waitFor();
    await layers().getByText(/^CAM: /).first().waitFor();
  });

  it.each(['dark', 'light', 'contrast'] as const)('has no serious fault of accessibility in the %s theme', async (theme) => {
    await chooseTheme(bench.page, theme);
    expect(await seriousFindings(bench.page)).toEqual([]);
  });

  it('complains of nothing but the photo that is gone', () => {
    expect(bench.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });
});
