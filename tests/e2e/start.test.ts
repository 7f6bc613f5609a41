/// <reference lib="dom" />
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseTheme, seriousFindings } from '../support/axe.ts';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { callFromPage } from '../support/page-calls.ts';
import { makeTinyDataset } from '../support/tiny-dataset.ts';
import { makeTinyProject, type TinyProject } from '../support/tiny-project.ts';

describe.skipIf(noBrowser !== null)(`Start${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let tiny: TinyProject;
  let other: TinyProject;
  let folder: string;
  let photos: string;
  let bench: Workbench;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'penumbra-start-')));
    tiny = await makeTinyProject();
    other = await makeTinyProject();
    photos = await makeTinyDataset(path.join(folder, 'photos'));
    writeFileSync(path.join(photos, 'JPEGImages', 'broken.jpg'), 'no photo');
    bench = await openWorkbench({ dir: tiny.dir, env: { XDG_DATA_HOME: path.join(folder, 'data') } });
  });
  afterAll(async () => {
    await bench.close();
    await Promise.all([tiny.remove(), other.remove()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const show = async (hash: string): Promise<void> => {
    await bench.page.evaluate((to) => (location.hash = to), hash);
  };
  const next = () => bench.page.getByRole('button', { name: 'Next' });

  it('walks through folders by keyboard and opens the project found there', async () => {
    const { page } = bench;
    await show('#/start');
    await page.getByRole('button', { name: /^Open project/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Open a project' });
    const where = dialog.getByRole('textbox', { name: 'Path' });
    await where.fill(path.dirname(other.dir));
    await where.press('Enter');
    await dialog.getByRole('option', { name: /^project/ }).waitFor();
    await where.press('ArrowDown');
    const list = dialog.getByRole('listbox');
    const selected = list.locator('[aria-selected=true]');
    for (let at = 0; at < 5 && ((await selected.count()) === 0 || !(await selected.innerText()).startsWith('project')); at++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/data/);
    const state = await callFromPage<{ project: { dir: string } }>(page, 'host.state');
    expect(state.project.dir).toBe(other.dir);
  });

  it('lists recent projects, opens them, and forgets them', async () => {
    const { page } = bench;
    await show('#/start');
    await page.getByText(tiny.dir, { exact: true }).click();
    await page.waitForURL(/#\/data/);
    await show('#/start');
    const row = page.getByRole('listitem').filter({ hasText: other.dir });
    await row.getByRole('button', { name: /^Take tiny off/ }).click();
    await row.waitFor({ state: 'detached' });
  });

  it('says of a folder that is no dataset what was expected', async () => {
    const { page } = bench;
    await mkdir(path.join(folder, 'nothing'));
    await show('#/start?new=1');
    const field = page.getByRole('textbox', { name: 'Folder of photos' });
    await field.fill(path.join(folder, 'nothing'));
    await field.press('Enter');
    await page.getByRole('alert').first().waitFor();
    expect(await next().isDisabled()).toBe(true);
  });

  it('makes a project from a folder, step by step, and reports what was skipped', async () => {
    const { page } = bench;
    const field = page.getByRole('textbox', { name: 'Folder of photos' });
    await field.fill(photos);
    await field.press('Enter');
    await page.getByText('labels.csv').waitFor();
    await next().click();
    // Masks are there, but never taken unasked.
    expect(await page.getByRole('radio', { name: /A CSV file/ }).isChecked()).toBe(true);
    expect(await page.getByRole('radio', { name: /The masks themselves/ }).isChecked()).toBe(false);
    await next().click();
    await page.getByRole('combobox', { name: 'Methods learn from: val' }).selectOption('none');
    await next().click();
    await page.getByRole('textbox', { name: 'Folder' }).fill(folder);
    const name = page.getByRole('textbox', { name: 'Name' });
    await name.fill('a/b');
    expect(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
    await name.fill('made');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('heading', { name: 'Imported' }).waitFor({ timeout: 30_000 });
    await page.getByRole('cell', { name: 'JPEGImages/broken.jpg', exact: true }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open the project' }).click();
    await expect.poll(() => page.getByRole('gridcell').count()).toBe(6);
    const value = await callFromPage(page, 'project.get');
    expect(value).toMatchObject({
      name: 'made',
      supervision: [
        { split: 'train', classIndex: null, kind: 'tags' },
        { split: 'val', classIndex: null, kind: 'none' },
      ],
    });
  });

  it('refuses a folder that holds a project, and says so', async () => {
    const { page } = bench;
    await show('#/start?new=1');
    const field = page.getByRole('textbox', { name: 'Folder of photos' });
    await field.fill(photos);
    await field.press('Enter');
    await page.getByText('labels.csv').waitFor();
    for (let step = 0; step < 3; step++) await next().click();
    await page.getByRole('textbox', { name: 'Folder' }).fill(folder);
    await page.getByRole('textbox', { name: 'Name' }).fill('made');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('alert').getByText(/made/).waitFor();
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'Recent projects' }).waitFor();
  });

  it.each(['dark', 'light', 'contrast'] as const)('is accessible in the %s theme', async (theme) => {
    const { page } = bench;
    await chooseTheme(page, theme);
    await page.waitForTimeout(300);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('complains of nothing but changes of project', () => {
    expect(bench.complaints.filter((text) => !/50[23]|ERR_|network error/i.test(text))).toEqual([]);
  });
});
