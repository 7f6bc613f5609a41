/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseTheme, seriousFindings } from '../support/axe.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { callFromPage } from '../support/page-calls.ts';
import { makeTinyProject, type TinyProject } from '../support/tiny-project.ts';

interface Listed {
  readonly images: { readonly id: string; readonly name: string; readonly tags: number[] }[];
  readonly total: number;
}

describe.skipIf(noBrowser !== null)(`Data${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let tiny: TinyProject;
  let bench: Workbench;
  beforeAll(async () => {
    tiny = await makeTinyProject();
    bench = await openWorkbench({ dir: tiny.dir });
    await cells().first().waitFor();
  });
  afterAll(async () => {
    await bench.close();
    await tiny.remove();
  });

  const cells = () => bench.page.getByRole('gridcell');
  const chosen = () => bench.page.locator('[role=gridcell][aria-selected=true]');
  const facet = (name: RegExp) => bench.page.getByRole('complementary', { name: 'Filters' }).getByRole('button', { name });
  const stored = (filter: object): Promise<Listed> => callFromPage(bench.page, 'dataset.images', { filter });
  const show = async (hash: string): Promise<void> => {
    await bench.page.evaluate((to) => (location.hash = to), hash);
  };

  it('shows every image with a thumbnail', async () => {
    await expect.poll(() => cells().count()).toBe(6);
    await expect
      .poll(() => cells().locator('img').evaluateAll((images) => images.every((image) => (image as HTMLImageElement).naturalWidth > 0)))
      .toBe(true);
  });

  it('lists them under a head whose columns stand over those of the lines', async () => {
    const { page } = bench;
    await page.getByRole('radio', { name: 'List' }).click();
    await cells().first().locator('.line').waitFor();
    const lefts = (selector: string): Promise<number[]> => page.locator(selector).first().evaluate((row) => [...row.children].slice(0, 7).map((child) => Math.round(child.getBoundingClientRect().left)));
    expect(await lefts('.line')).toEqual(await lefts('.columns'));
    await page.getByRole('radio', { name: 'Grid' }).click();
    await cells().first().locator('.cell').waitFor();
  });

  it('filters by facets, whose counts stay true, and keeps the filter in the address', async () => {
    await facet(/^cat/).click();
    await expect.poll(() => cells().count()).toBe(3);
    await bench.page.waitForURL(/class=1/);
    await facet(/^val/).click();
    await expect.poll(() => cells().count()).toBe(1);
    await expect.poll(() => facet(/^dog/).innerText()).toMatch(/1$/);
    await bench.page.goBack();
    await expect.poll(() => cells().count()).toBe(3);
    await bench.page.getByRole('button', { name: 'Remove Class: cat' }).click();
    await expect.poll(() => cells().count()).toBe(6);
  });

  it('says when the counts cannot be fetched, and fetches them on request', async () => {
    const { page } = bench;
    const refusal = { ok: false, error: { code: 'INTERNAL', message: 'the counts are away', remedy: 'Wait.', details: {} } };
    await page.route('**/api/call/dataset.facets', (route) => route.fulfill({ json: refusal }));
    await show('#/data?split=val');
    const filters = page.getByRole('complementary', { name: 'Filters' });
    await filters.getByRole('alert').getByText('The counts are away', { exact: true }).waitFor();
    await page.unroute('**/api/call/dataset.facets');
    await filters.getByRole('button', { name: 'Try again' }).click();
    await filters.getByRole('alert').waitFor({ state: 'detached' });
    await show('#/data');
    await expect.poll(() => cells().count()).toBe(6);
  });

  it('filters by what is typed: completion, chip, name', async () => {
    const { page } = bench;
    await page.keyboard.press('/');
    await page.keyboard.type('split va');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => cells().count()).toBe(2);
    await page.keyboard.type('b2');
    await page.keyboard.press('Enter');
    await expect.poll(() => cells().count()).toBe(1);
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await expect.poll(() => cells().count()).toBe(6);
    await page.keyboard.press('Escape');
  });

  it('chooses by click, Shift, Ctrl and keys', async () => {
    const { page } = bench;
    await cells().nth(0).click();
    await cells().nth(2).click({ modifiers: ['Shift'] });
    await expect.poll(() => chosen().count()).toBe(3);
    await cells().nth(1).click({ modifiers: ['Control'] });
    await expect.poll(() => chosen().count()).toBe(2);
    await page.keyboard.press('Control+a');
    await expect.poll(() => chosen().count()).toBe(6);
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+ArrowRight');
    await expect.poll(() => chosen().count()).toBe(2);
    await page.getByRole('complementary', { name: 'Inspector' }).getByRole('heading', { name: 'a2' }).waitFor();
  });

  it('tags the selection by keys, saves it, counts it, and takes it back', async () => {
    const { page } = bench;
    await page.keyboard.press('t');
    await page.keyboard.press('2');
    // a1 had cat alone: it gets dog. a2 has it already and keeps it.
    await expect.poll(async () => (await stored({ classIndex: 2 })).images.map(({ name }) => name)).toEqual(['a1', 'a2', 'a4', 'b2']);
    const tagging = page.getByRole('complementary', { name: 'Tagging' });
    await tagging.getByRole('button', { name: /dog 4$/ }).waitFor();
    await page.getByText(/^Saved \d\d:/).waitFor();
    await page.keyboard.press('2');
    await expect.poll(async () => (await stored({ classIndex: 2 })).total).toBe(2);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await expect.poll(async () => (await stored({ classIndex: 2 })).images.map(({ name }) => name)).toEqual(['a2', 'a4', 'b2']);
    await page.keyboard.press('Space');
    await page.getByRole('heading', { name: 'a3' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Filters' }).waitFor();
  });

  it('keeps tags that were given while the core was away, and lands them when it is back', async () => {
    const { page } = bench;
    await cells().nth(0).click();
    await page.keyboard.press('t');
    const hello = await callFromPage<{ pid: number }>(page, 'system.hello');
    process.kill(hello.pid, 'SIGKILL');
    await page.keyboard.press('2');
    await expect.poll(async () => (await stored({ classIndex: 2 }).catch(() => null))?.total, { timeout: 30_000 }).toBe(4);
    await page.keyboard.press('Control+z');
    await expect.poll(async () => (await stored({ classIndex: 2 })).total).toBe(3);
    await page.keyboard.press('Escape');
  });

  it('renames and recolours classes, and refuses a name twice', async () => {
    const { page } = bench;
    await page.getByRole('tab', { name: 'Classes' }).click();
    const name = page.getByRole('textbox', { name: 'Name of class 1' });
    await name.fill('dog');
    await name.press('Enter');
    await page.getByText('Another class is called “dog”.').waitFor();
    await name.fill('<img src=x onerror=alert(1)>');
    await name.press('Enter');
    await page.getByRole('link', { name: 'Show images tagged <img src=x onerror=alert(1)>' }).waitFor();
    await name.fill('cat');
    await name.press('Enter');
    await page.getByRole('link', { name: 'Show images tagged cat' }).waitFor();
    const colour = page.getByLabel('Colour of cat');
    await page.getByRole('button', { name: 'VOC palette' }).click();
    await expect.poll(() => colour.inputValue()).toBe('#800000');
    await page.getByRole('button', { name: 'Colour-blind-safe palette' }).click();
    await expect.poll(() => colour.inputValue()).toBe('#e69f00');
  });

  it('declares supervision by split', async () => {
    const { page } = bench;
    await page.getByRole('tab', { name: 'Splits' }).click();
    await page.getByRole('combobox', { name: 'What methods may learn from in val' }).selectOption('none');
    await page.getByText('Supervision changed').first().waitFor();
    await page.reload();
    await expect.poll(() => page.getByRole('combobox', { name: 'What methods may learn from in val' }).inputValue()).toBe('none');
  });

  it.each(['dark', 'light', 'contrast'] as const)('is accessible in the %s theme', async (theme) => {
    const { page } = bench;
    for (const tab of ['images', 'classes', 'splits', 'problems']) {
      await show(`#/data?tab=${tab}`);
      await page.getByRole('tab', { selected: true }).waitFor();
      await page.waitForTimeout(500);
      await chooseTheme(page, theme);
      expect(await seriousFindings(page), tab).toEqual([]);
    }
  });

  it('complains of nothing, the core having been away aside', () => {
    expect(bench.complaints.filter((text) => !/50[23]|ERR_|network error/i.test(text))).toEqual([]);
  });

  it('says that the photos are away, and finds them again', async () => {
    const { page } = bench;
    const moved = `${tiny.root}-moved`;
    // Not there when this is tried again.
    if (existsSync(tiny.root)) await rename(tiny.root, moved);
    await page.evaluate(() => (location.hash = '#/data'));
    await page.reload();
    await page.getByRole('heading', { name: 'The folder of the photos is not there' }).waitFor();
    await page.getByRole('button', { name: 'Show where the photos are' }).click();
    const dialog = page.getByRole('dialog', { name: 'Folder of the photos' });
    const path = dialog.getByRole('textbox', { name: 'Path' });
    await path.fill(tiny.root);
    await path.press('Enter');
    await dialog.getByText('is not there').waitFor();
    // A folder that was only typed is looked into when it is chosen, whatever was there before.
    await path.fill(moved);
    await dialog.getByRole('button', { name: 'Choose' }).click();
    await page.getByText('Found all 6 photos.').waitFor();
    await page.getByRole('heading', { name: 'The folder of the photos is not there' }).waitFor({ state: 'detached' });
  });
});
