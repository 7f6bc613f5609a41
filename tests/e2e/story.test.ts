import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, openWorkbench, type Workbench } from '../support/browser.ts';
import { makeSmallSample } from '../support/small-sample.ts';

/** As few steps as show curves; the figures say nothing. */
const TINY = { 'classifier.epochs': 12, 'classifier.views': 1, 'classifier.longSideFrom': 224, 'classifier.longSideTo': 224, 'segmenter.epochs': 2, 'segmenter.views': 1, 'segmenter.crop': 161 };

async function setSettings(page: Page, settings: Record<string, string | number>): Promise<void> {
  for (const [key, value] of Object.entries(settings)) {
    await page.getByPlaceholder('Find a setting').fill(key);
    const field = page.locator('.setting input').first();
    await field.fill(String(value));
  }
  await page.getByPlaceholder('Find a setting').fill('');
}

/** From a folder of photos to exported masks, as a user goes: wizard, run, look, correct, accept, score, export. */
describe.skipIf(noBrowser !== null)(`the whole way${noBrowser === null ? '' : ` (left out: ${noBrowser})`}`, () => {
  let bench: Workbench;
  let page: Page;
  const folder = mkdtempSync(path.join(tmpdir(), 'penumbra-story-'));
  const root = path.join(folder, 'photos');

  beforeAll(async () => {
    makeSmallSample(root, { train: 6, val: 2 });
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
    await wizard.getByLabel('A CSV file').check();
    await next.click();
    await expect.poll(() => wizard.getByLabel('Methods learn from: train').inputValue()).toBe('tags');
    await next.click();
    await wizard.getByLabel('Folder', { exact: true }).fill(folder);
    await wizard.getByLabel('Name').fill('Story');
    await wizard.getByRole('button', { name: 'Import' }).click();
    await wizard.getByRole('button', { name: 'Open the project' }).click();
    await page.waitForURL(/#\/data/);
    await page.getByText('8 images', { exact: true }).first().waitFor();
    expect(existsSync(path.join(folder, 'Story', 'project.db'))).toBe(true);
  });

  it('runs weak-baseline at tiny settings, cancels it and resumes it; curves move', async () => {
    await page.keyboard.press('Alt+4');
    await page.getByRole('button', { name: 'New run' }).first().click();
    await page.getByRole('radio', { name: /Weak baseline/ }).check({ force: true });
    await setSettings(page, TINY);
    await page.getByRole('button', { name: 'Queue the run' }).click();
    await page.waitForURL(/#\/runs\/run_/);
    await page.getByText(/classifier.*loss|loss/).first().waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('done', { exact: true }).first().waitFor({ timeout: 300_000 });
  }, 400_000);

  it('exports', () => {
    expect(readdirSync(folder)).toContain('Story');
  });
});
