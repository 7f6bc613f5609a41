import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { fixPage } from '../support/fix-page.ts';
import { callFromPage } from '../support/page-calls.ts';
import { sharedData } from '../support/shared-data.ts';
import { makeSmallSample } from '../support/small-sample.ts';

interface Material {
  /** Folder of photos; null = a few of the sample's are laid out anew. */
  readonly root: string | null;
  readonly images: number;
  /** Of the wizard's second step. */
  readonly tags: 'A CSV file' | 'The masks themselves';
  /** As few steps as show curves; the figures say nothing. */
  readonly settings: Readonly<Record<string, number>>;
  readonly patienceMs: number;
}

const SMALL = { 'classifier.views': 1, 'classifier.longSideFrom': 224, 'classifier.longSideTo': 224, 'segmenter.views': 1, 'segmenter.crop': 161 };
const FEW: Material = { root: null, images: 8, tags: 'A CSV file', settings: { ...SMALL, 'classifier.epochs': 100, 'segmenter.epochs': 2 }, patienceMs: 300_000 };
/** All of the real photos beside the working copy, where they are asked for: takes many minutes. */
const shared = process.env['PENUMBRA_LONG'] === '1' ? sharedData() : null;
const MATERIAL: Material =
  shared === null
    ? FEW
    : { root: path.join(shared, 'voc-mini'), images: 300, tags: 'The masks themselves', settings: { ...SMALL, 'classifier.epochs': 2, 'segmenter.epochs': 1 }, patienceMs: 3_600_000 };

async function setSettings(page: Page, settings: Readonly<Record<string, number>>): Promise<void> {
  for (const [key, value] of Object.entries(settings)) {
    await page.getByPlaceholder('Find a setting').fill(key);
    const field = page.locator('.setting input').first();
    await field.fill(String(value));
  }
  await page.getByPlaceholder('Find a setting').fill('');
}

/** From a folder of photos to exported masks, as a user goes: wizard, run, look, correct, accept, score, export. */
describe.skipIf(noBrowser !== null)(`the whole way on ${MATERIAL.images} photos${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, { timeout: MATERIAL.patienceMs + 100_000 }, () => {
  let bench: Workbench;
  let page: Page;
  let imageId = '';
  const folder = mkdtempSync(path.join(tmpdir(), 'penumbra-story-'));
  const root = MATERIAL.root ?? path.join(folder, 'photos');

  beforeAll(async () => {
    if (MATERIAL.root === null) makeSmallSample(root, { train: 6, val: 2 });
    bench = await openWorkbench();
    page = bench.page;
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await page.screenshot({ path: path.join(tmpdir(), `penumbra-story-${task.name.slice(0, 12)}.png`) });
  });
  afterAll(async () => {
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('makes a project from a folder by the wizard', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('new project');
    await page.keyboard.press('Enter');
    const wizard = page.getByRole('region', { name: 'New project' });
    await wizard.getByRole('textbox', { name: 'Folder of photos' }).fill(root);
    await page.keyboard.press('Enter');
    await wizard.getByText('PASCAL VOC', { exact: true }).waitFor();
    const next = wizard.getByRole('button', { name: 'Next' });
    await next.click();
    await wizard.getByLabel(MATERIAL.tags).check();
    await next.click();
    await expect.poll(() => wizard.getByLabel('Methods learn from: train').inputValue()).toBe('tags');
    await next.click();
    await wizard.getByLabel('Folder', { exact: true }).fill(folder);
    await wizard.getByLabel('Name').fill('Story');
    await wizard.getByRole('button', { name: 'Import' }).click();
    await wizard.getByRole('button', { name: 'Open the project' }).click({ timeout: MATERIAL.patienceMs });
    await page.waitForURL(/#\/data/);
    await page.getByText(`${MATERIAL.images} images`, { exact: true }).first().waitFor();
    expect(existsSync(path.join(folder, 'Story', 'project.db'))).toBe(true);
  });

  it('runs weak-baseline at tiny settings, cancels it and resumes it; curves move', async () => {
    await page.keyboard.press('Alt+4');
    await page.getByRole('button', { name: 'New run' }).first().click();
    await page.getByRole('radio', { name: /Weak baseline/ }).check({ force: true });
    await setSettings(page, MATERIAL.settings);
    await page.getByRole('button', { name: 'Queue the run' }).click();
    await page.waitForURL(/#\/runs\/run_/);
    const runId = /run_[0-9a-z]+/.exec(page.url())?.[0] ?? '';
    const state = async (): Promise<string> => (await callFromPage<{ state: string }>(page, 'runs.get', { runId })).state;
    const lossNow = page.locator('figure', { hasText: 'loss' }).first();
    await lossNow.waitFor({ timeout: MATERIAL.patienceMs });
    const early = await lossNow.innerText();
    await expect.poll(() => lossNow.innerText(), { timeout: MATERIAL.patienceMs }).not.toBe(early);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(state, { timeout: 30_000 }).toBe('cancelled');
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(state, { timeout: MATERIAL.patienceMs }).toBe('done');
  });

  it('looks: a higher threshold leaves fewer pixels of the class', async () => {
    await page.keyboard.press('Alt+2');
    const slider = page.getByRole('slider', { name: /θ/ });
    await slider.waitFor();
    const background = page.locator('tr', { hasText: 'background' }).first();
    const before = await background.innerText();
    await slider.focus();
    for (let step = 0; step < 20; step++) await page.keyboard.press('ArrowRight');
    await expect.poll(() => background.innerText()).not.toBe(before);
  });

  it('corrects a mask, keeps it over a reload, undoes and brings back, and accepts', async () => {
    const { ids } = await callFromPage<{ ids: string[] }>(page, 'dataset.imageIds');
    imageId = ids[0] ?? '';
    const { image } = await callFromPage<{ image: { name: string; width: number; height: number } }>(page, 'dataset.image', { imageId });
    const fix = fixPage(page);
    await fix.open(imageId, image.name, image);
    await fix.press('b', '1');
    await fix.drag([40, 40], [140, 90]);
    await fix.saved();
    const gestures = async (): Promise<number> => (await callFromPage<{ gestures: number }>(page, 'edits.state', { imageId })).gestures;
    expect(await gestures()).toBe(1);
    await page.reload();
    await fix.open(imageId, image.name, image);
    await fix.press('Control+z');
    await expect.poll(gestures).toBe(0);
    await fix.press('Control+Shift+z');
    await expect.poll(gestures).toBe(1);
    await page.locator('.loading').waitFor({ state: 'detached' });
    await fix.saved();
    await fix.press('Enter');
    await expect.poll(async () => (await callFromPage<{ image: { review: string } }>(page, 'dataset.image', { imageId })).image.review).toBe('accepted');
  });

  it('scores: the correction moves the figure of the corrected masks alone', async () => {
    await page.keyboard.press('Alt+5');
    const miou = async (layer: string): Promise<number> => {
      const { table } = await callFromPage<{ table: { layers: { layer: string; split: string; miou: number }[] } }>(page, 'scores.get');
      return table.layers.find((row) => row.layer === layer && row.split === 'train')?.miou ?? NaN;
    };
    const before = { refined: await miou('refined'), corrected: await miou('corrected') };
    expect(before.corrected).toBe(before.refined);
    await page.getByRole('button', { name: 'Score now' }).click();
    await expect.poll(() => miou('corrected'), { timeout: MATERIAL.patienceMs }).not.toBe(before.corrected);
    expect(await miou('refined')).toBe(before.refined);
    const shown = page.getByRole('row', { name: /^Corrected/ }).first();
    await expect.poll(async () => await shown.innerText()).toContain((100 * (await miou('corrected'))).toFixed(1));
  });

  it('exports the corrected masks', async () => {
    await page.keyboard.press('Alt+6');
    await page.getByLabel('Target folder').fill(path.join(folder, 'masks'));
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByText('Exported', { exact: true }).waitFor({ timeout: MATERIAL.patienceMs });
    expect(readdirSync(path.join(folder, 'masks', 'SegmentationClass'))).toHaveLength(MATERIAL.images);
  });

  it('complained of nothing on the way', () => {
    expect(bench.complaints).toEqual([]);
  });
});
